import type { AudienceChanges, MeetingChange, ParticipantId, ParticipantView, Role } from '@guildhall/domain';
import { FakeClock } from '@guildhall/kit';
import { meetingContract, ParticipantIdSchema } from '@guildhall/protocol';
import { createPeer, GuildhallError, memoryPipePair } from '@guildhall/rpc';
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { meetingHandlers } from '../../../apps/mmr/src/signalling/handlers.ts';
import { Attendee } from '../../../apps/mmr/src/meeting/attendee.ts';
import { Broadcast } from '../../../apps/mmr/src/meeting/broadcast.ts';
import { ChangeLog } from '../../../apps/mmr/src/meeting/change-log.ts';

interface Told {
  readonly rev: number;
  readonly changes: readonly MeetingChange[];
  readonly after?: number | undefined;
}

const idOf = (index: number): ParticipantId =>
  ParticipantIdSchema.parse(`prt_${String(index).padStart(10, '0')}`);
const personOf = (index: number, role: Role = 'participant'): ParticipantView => ({
  participantId: idOf(index),
  name: `Person ${index}`,
  role,
  presence: 'connected',
  joinedAtMs: 1,
  handRaisedAtMs: null,
  tracks: [],
});
const toAll = (...all: MeetingChange[]): AudienceChanges => ({ all, moderators: [], only: new Map() });

const refuse = (): never => {
  throw new GuildhallError('meeting.waiting', 'Nobody asks anything here.');
};
const noHandlers = meetingHandlers({ hello: refuse, joined: refuse, present: refuse, count: refuse });

/** A house whose people only note what they are told. */
class Hall {
  readonly attendees = new Map<ParticipantId, Attendee>();
  readonly log = new ChangeLog();
  readonly clock = new FakeClock();
  readonly deps = { clock: this.clock };
  readonly told = new Map<ParticipantId, Told[]>();
  readonly since = new Map<ParticipantId, number>();
  readonly history: { rev: number; changes: AudienceChanges }[] = [];
  readonly broadcast = new Broadcast(this);
  roster: { rev: number; people: ParticipantView[] } = { rev: 0, people: [] };

  enter(index: number, { together = true, role }: { together?: boolean; role?: Role } = {}): void {
    const person = personOf(index, role);
    const { participantId } = person;
    this.roster = { ...this.roster, people: [...this.roster.people, person] };
    this.revise(toAll({ kind: 'participant.joined', participant: person }));
    const [near, far] = memoryPipePair();
    const attendee = new Attendee(participantId, 'session');
    const server = createPeer({
      contract: meetingContract,
      side: 'a',
      pipe: near,
      handlers: noHandlers,
      clock: this.clock,
    });
    attendee.take(server);
    attendee.takesTogether = together;
    attendee.state = 'joined';
    attendee.toldRev = this.roster.rev;
    this.attendees.set(participantId, attendee);
    this.since.set(participantId, this.roster.rev);
    const told: Told[] = [];
    this.told.set(participantId, told);
    const client = createPeer({
      contract: meetingContract,
      side: 'b',
      pipe: far,
      handlers: {},
      clock: this.clock,
    });
    client.on('meeting.changed', (step) => void told.push(step));
  }

  revise(changes: AudienceChanges): void {
    this.roster = { ...this.roster, rev: this.roster.rev + 1 };
    this.log.add(this.roster.rev, changes);
    this.history.push({ rev: this.roster.rev, changes });
    this.broadcast.changed(changes);
  }

  /** What this one must have been told, and what it was; `isWhole` when no step was left out. */
  compare(participantId: ParticipantId): { due: MeetingChange[]; told: MeetingChange[]; isWhole: boolean } {
    const since = this.since.get(participantId) ?? 0;
    const moderates = this.roster.people.find((one) => one.participantId === participantId)?.role === 'host';
    const due = this.history
      .filter((one) => one.rev > since)
      .flatMap(({ changes }) => [...changes.all, ...(moderates ? changes.moderators : [])]);
    const steps = this.told.get(participantId) ?? [];
    let rev = since;
    let isWhole = true;
    for (const step of steps) {
      isWhole &&= (step.after ?? step.rev - 1) === rev;
      rev = step.rev;
    }
    return {
      due,
      told: steps.flatMap(({ changes }) => [...changes]),
      isWhole: isWhole && rev === this.roster.rev,
    };
  }
}

const line = (text: string): MeetingChange => ({ kind: 'topic.changed', topic: text });
const comesAndGoes = (index: number): AudienceChanges =>
  toAll({ kind: 'participant.changed', participantId: idOf(index), presence: 'reconnecting' });

test('of a crowd that comes in, each person gets a message for many arrivals', async () => {
  const hall = new Hall();
  for (let index = 0; index < 100; index += 1) {
    hall.enter(index);
    await hall.clock.advance(4);
  }
  await hall.clock.advance(1_000);
  for (const participantId of hall.attendees.keys()) {
    const { due, told, isWhole } = hall.compare(participantId);
    expect(isWhole).toBe(true);
    expect(told).toEqual(due);
  }
  // One by one it would be 99 for the first; with few people there everything is told at once.
  expect(hall.told.get(idOf(0))?.length).toBeLessThan(30);
  expect(hall.told.get(idOf(50))?.length).toBeLessThan(5);
});

test('what somebody waits for is told at once, after what was held back', async () => {
  const hall = new Hall();
  for (let index = 0; index < 40; index += 1) hall.enter(index);
  hall.revise(toAll(line('Now')));
  await hall.clock.advance(0);
  expect(hall.told.get(idOf(0))?.at(-1)?.changes.at(-1)).toEqual(line('Now'));
  expect(hall.compare(idOf(0)).isWhole).toBe(true);
});

test('whatever comes when, everybody is told everything once and in order, in the way their client takes it', async () => {
  const step = fc.oneof(
    { weight: 4, arbitrary: fc.record({ kind: fc.constant('enter' as const), together: fc.boolean() }) },
    {
      weight: 4,
      arbitrary: fc.record({
        kind: fc.constant('presence' as const),
        changes: fc.integer({ min: 1, max: 150 }),
      }),
    },
    { weight: 1, arbitrary: fc.constant({ kind: 'urgent' as const }) },
    { weight: 1, arbitrary: fc.constant({ kind: 'moderators' as const }) },
    {
      weight: 3,
      arbitrary: fc.record({ kind: fc.constant('wait' as const), ms: fc.integer({ min: 1, max: 150 }) }),
    },
  );
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 60 }), async (steps) => {
      const hall = new Hall();
      hall.enter(0, { role: 'host' });
      for (let index = 1; index < 22; index += 1) hall.enter(index, { together: index % 3 !== 0 });
      for (const one of steps) {
        if (one.kind === 'enter') hall.enter(hall.attendees.size, { together: one.together });
        else if (one.kind === 'presence')
          hall.revise(toAll(...Array.from({ length: one.changes }, () => comesAndGoes(1).all).flat()));
        else if (one.kind === 'urgent') hall.revise(toAll(line('Now')));
        else if (one.kind === 'moderators')
          hall.revise({ ...toAll(), moderators: [{ kind: 'lobby.removed', participantId: idOf(99) }] });
        else await hall.clock.advance(one.ms);
      }
      await hall.clock.advance(200);
      for (const [participantId, { takesTogether }] of hall.attendees) {
        const { due, told, isWhole } = hall.compare(participantId);
        expect(isWhole).toBe(true);
        expect(told).toEqual(due);
        const isTogether = hall.told.get(participantId)?.some(({ after }) => after !== undefined) ?? false;
        expect(isTogether && !takesTogether).toBe(false);
      }
    }),
    { numRuns: 60 },
  );
});
