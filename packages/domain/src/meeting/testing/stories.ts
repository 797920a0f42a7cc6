/* oxlint-disable typescript/no-unsafe-type-assertion, typescript/no-unnecessary-type-parameters -- ids are made by hand */
import * as fc from 'fast-check';
import type { ChatLineId, MeetingId, ParticipantId, TrackId } from '../../ids.ts';
import type { DecideContext, MeetingCommand } from '../commands.ts';
import { decide } from '../decide.ts';
import { newMeeting, type MeetingState } from '../state.ts';
import { mediaSources, type MeetingSettings } from '../types.ts';

// Random stories of a meeting: who comes and what they do, and the states it goes through.

export const times = { reconnectGraceMs: 30_000, emptyGraceMs: 60_000 };
const id = <T extends string>(text: string): T => text as T;
export const participants = Array.from({ length: 7 }, (_, n) => id<ParticipantId>(`prt_000000000${n}`));
const tracks = Array.from({ length: 8 }, (_, n) => id<TrackId>(`trk_000000000${n}`));
const lines = Array.from({ length: 4 }, (_, n) => id<ChatLineId>(`cht_000000000${n}`));

const participant = fc.constantFrom(...participants);
/** Mostly the host, so that something happens. */
const asking = fc.oneof(
  { weight: 2, arbitrary: fc.constant(participants[0] ?? id<ParticipantId>('prt_none')) },
  participant,
);
const settings: fc.Arbitrary<MeetingSettings> = fc.record({
  lobby: fc.boolean(),
  guestsAllowed: fc.boolean(),
  joinBeforeHost: fc.boolean(),
  muteOnEntry: fc.boolean(),
  chat: fc.boolean(),
  screenShare: fc.constantFrom('everyone', 'hosts'),
});
/** The cloud signs who somebody is, so id, subject and role always go together. */
const arrival = fc.nat({ max: participants.length - 1 }).map((n) => {
  const participantId = participants[n] ?? id<ParticipantId>('prt_none');
  const role = n === 0 ? ('host' as const) : n < 4 ? ('participant' as const) : ('guest' as const);
  const subject = role === 'guest' ? `guest:${participantId}` : `usr_000000000${n === 3 ? 2 : n}`;
  return { participantId, subject, name: `P${n}`, role };
});

const command: fc.Arbitrary<MeetingCommand> = fc.oneof(
  { weight: 6, arbitrary: fc.record({ kind: fc.constant('join' as const), person: arrival }) },
  fc.record({ kind: fc.constantFrom('lost', 'back', 'leave', 'tracks.drop'), participantId: participant }),
  fc.record({ kind: fc.constant('tick' as const) }),
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant('track.add' as const),
      participantId: participant,
      track: fc.record({
        trackId: fc.constantFrom(...tracks),
        source: fc.constantFrom(...mediaSources),
        muted: fc.boolean(),
      }),
    }),
  },
  fc.record({
    kind: fc.constant('track.mute' as const),
    participantId: participant,
    trackId: fc.constantFrom(...tracks),
    muted: fc.boolean(),
  }),
  fc.record({
    kind: fc.constant('track.remove' as const),
    participantId: participant,
    trackId: fc.constantFrom(...tracks),
  }),
  fc.record({ kind: fc.constant('speaker' as const), participantId: fc.option(participant) }),
  fc.record({
    kind: fc.constant('chat' as const),
    by: asking,
    lineId: fc.constantFrom(...lines),
    text: fc.constantFrom('hello', 'world'),
  }),
  fc.record({ kind: fc.constant('hand' as const), by: asking, raised: fc.boolean() }),
  fc.record({ kind: fc.constant('name' as const), by: asking, name: fc.constantFrom('Ada', 'Bo') }),
  fc.record({
    kind: fc.constantFrom('admit', 'refuse', 'remove'),
    by: asking,
    participantId: participant,
  }),
  fc.record({ kind: fc.constantFrom('admitAll', 'muteAll'), by: asking }),
  fc.record({ kind: fc.constant('lock' as const), by: asking, locked: fc.boolean() }),
  fc.record({
    kind: fc.constant('mute' as const),
    by: asking,
    participantId: participant,
    source: fc.constantFrom(...mediaSources),
  }),
  fc.record({
    kind: fc.constant('setRole' as const),
    by: asking,
    participantId: participant,
    role: fc.constantFrom('host', 'co-host', 'participant'),
  }),
  fc.record({ kind: fc.constant('setSettings' as const), by: asking, settings }),
  fc.record({
    kind: fc.constant('update' as const),
    change: fc.record({ topic: fc.constantFrom('One', 'Two'), settings }, { requiredKeys: [] }),
  }),
);

const afterMs = fc.oneof(
  { weight: 12, arbitrary: fc.constantFrom(0, 10, 1_000) },
  { weight: 1, arbitrary: fc.constant(31_000) },
);
/** Somebody must be there for the rules to have something to say, so every story begins with a few arrivals. */
export const story = fc
  .record({
    settings,
    arrivals: fc.array(arrival, { minLength: 2, maxLength: 10, size: 'max' }),
    later: fc.array(fc.record({ command, afterMs }), { minLength: 15, maxLength: 50, size: 'max' }),
  })
  .map(({ settings: initial, arrivals, later }) => ({
    settings: initial,
    steps: [
      ...arrivals.map((person) => ({ command: { kind: 'join' as const, person }, afterMs: 0 })),
      ...later,
    ],
  }));

export const openMeeting = (initial: MeetingSettings): MeetingState =>
  newMeeting(
    { meetingId: id<MeetingId>('mtg_0000000000'), number: '123456789', topic: 'T', settings: initial },
    0,
    times,
  );

interface Step {
  readonly before: MeetingState;
  readonly command: MeetingCommand;
  readonly result: ReturnType<typeof decide>;
  readonly after: MeetingState;
  readonly context: DecideContext;
}

export const play = (told: {
  settings: MeetingSettings;
  steps: { command: MeetingCommand; afterMs: number }[];
}) => {
  let state = openMeeting(told.settings);
  let nowMs = 0;
  const steps: Step[] = [];
  for (const step of told.steps) {
    nowMs += step.afterMs;
    const context = { nowMs, ...times };
    const result = decide(state, step.command, context);
    const after = result.ok ? result.state : state;
    steps.push({ before: state, command: step.command, result, after, context });
    state = after;
  }
  return steps;
};

fc.configureGlobal({ numRuns: 200 });
