/* oxlint-disable typescript/no-unsafe-type-assertion -- ids are made by hand */
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import type { MeetingId, ParticipantId } from '../ids.ts';
import { fromCheckpoint, toCheckpoint } from './checkpoint.ts';
import type { MeetingCommand, MeetingUpdate } from './commands.ts';
import { decide } from './decide.ts';
import { newMeeting, type MeetingState } from './state.ts';
import type { MeetingSettings } from './types.ts';

const times = { reconnectGraceMs: 30_000, emptyGraceMs: 60_000 };
const host = 'prt_host000000' as ParticipantId;
const asOpened: MeetingSettings = {
  lobby: false,
  guestsAllowed: true,
  joinBeforeHost: true,
  muteOnEntry: false,
  chat: true,
  screenShare: 'everyone',
};

const opened = (): MeetingState => {
  const spec = {
    meetingId: 'mtg_0000000000' as MeetingId,
    number: '123456789',
    topic: 'T',
    settings: asOpened,
  };
  const person = { participantId: host, subject: 'usr_host', name: 'Host', role: 'host' as const };
  return run(newMeeting(spec, 0, times), { kind: 'join', person }, 0);
};

const run = (state: MeetingState, command: MeetingCommand, nowMs: number): MeetingState => {
  const decision = decide(state, command, { nowMs, ...times });
  if (!decision.ok) throw new Error(decision.sentence);
  return decision.state;
};

const names = ['lobby', 'muteOnEntry', 'chat'] as const;
/** One change after the other, each at the next full second; what the portal changes is told so many seconds later. */
const story = fc.array(
  fc.record({
    by: fc.constantFrom('host', 'portal'),
    name: fc.constantFrom(...names),
    value: fc.boolean(),
    toldAfter: fc.nat({ max: 12 }),
  }),
  { minLength: 1, maxLength: 12 },
);

test('for each setting the last change holds, whoever made it, however late and however often it is told', () => {
  fc.assert(
    fc.property(story, fc.boolean(), (steps, isReopened) => {
      let state = opened();
      const wanted = { ...asOpened };
      const portal: { change: MeetingUpdate; madeAtMs: number; toldAtMs: number }[] = [];
      const tell = (told: readonly (typeof portal)[number][], nowMs: number): void => {
        for (const { change, madeAtMs, toldAtMs } of told) {
          // In time it is told without an age.
          const late = madeAtMs === toldAtMs ? {} : { madeAtMs };
          state = run(state, { kind: 'update', change, ...late }, nowMs);
        }
      };
      for (const [index, { by, name, value, toldAfter }] of steps.entries()) {
        const nowMs = (index + 1) * 1_000;
        if (by === 'portal') {
          wanted[name] = value;
          const change = { settings: { [name]: value } };
          portal.push({ change, madeAtMs: nowMs, toldAtMs: nowMs + toldAfter * 1_000 });
        } else {
          // A host turns over what the page shows.
          wanted[name] = !state.spec.settings[name];
          const settings = { ...state.spec.settings, [name]: wanted[name] };
          state = run(state, { kind: 'setSettings', by: host, settings }, nowMs);
        }
        tell(
          portal.filter(({ toldAtMs }) => toldAtMs === nowMs),
          nowMs,
        );
        const grace = { nowMs, graceMs: 60_000, emptyGraceMs: 60_000 };
        if (isReopened) state = fromCheckpoint(toCheckpoint(state), grace);
      }
      const late = portal.map((one) => ({ ...one, toldAtMs: Infinity }));
      tell(late, 100_000);
      expect(state.spec.settings).toEqual(wanted);
      const before = state;
      tell(late.toReversed(), 200_000);
      expect(state).toEqual(before);
    }),
  );
});

test('a checkpoint of before does not say what a host has set: nothing made before the meeting undoes it', () => {
  const { changedAtMs: _, ...old } = toCheckpoint({ ...opened(), startedAtMs: 50 });
  const grace = { nowMs: 100, graceMs: 60_000, emptyGraceMs: 60_000 };
  const state = fromCheckpoint(old, grace);
  const change = { topic: 'New', settings: { lobby: true } };
  expect(run(state, { kind: 'update', change, madeAtMs: 49 }, 100).spec).toEqual(state.spec);
  expect(run(state, { kind: 'update', change, madeAtMs: 51 }, 100).spec).toMatchObject(change);
});

test('of two copies each setting keeps the later time', () => {
  const settings = { ...asOpened, lobby: true };
  const here = run(opened(), { kind: 'setSettings', by: host, settings }, 10);
  const there = run(opened(), { kind: 'update', change: { topic: 'New', settings: { lobby: true } } }, 20);
  const merged = run(here, { kind: 'merge', checkpoint: toCheckpoint(there) }, 30);
  expect(merged.changedAtMs).toEqual({ topic: 20, lobby: 20 });
  const late = { kind: 'update' as const, change: { settings: { lobby: false } }, madeAtMs: 15 };
  expect(run(merged, late, 40).spec.settings.lobby).toBe(true);
});
