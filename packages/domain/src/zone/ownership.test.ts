/* oxlint-disable typescript/no-unsafe-type-assertion -- ids are made by hand */
import { describe, expect, test } from 'vitest';
import type { NodeId, RouterId } from '../ids.ts';
import { isNewer, nextEpoch, type Place } from './epoch.ts';
import {
  afterPeer,
  afterWitness,
  answerClaim,
  answerReserve,
  claimLeaseMs,
  grantLeaseMs,
  mayOrder,
  promiseMs,
  unknownMeeting,
  type Claim,
  type Knowledge,
} from './ownership.ts';

const [ada, bob] = ['nod_ada', 'nod_bob'] as NodeId[] as [NodeId, NodeId];
const at = (routerId: string, epoch: number): Place => ({ routerId: routerId as RouterId, epoch });
const asking: Knowledge = { ...unknownMeeting, attempt: { stage: 'asking', yielded: false } };
const yielded: Knowledge = { ...unknownMeeting, attempt: { stage: 'asking', yielded: true } };
const now = { steps: 1, nowMs: 0 };
const open: Knowledge = { ...unknownMeeting, epoch: 9, place: at('r1', 9) };

describe('who answers a reservation', () => {
  const ask = { from: ada, epoch: 0, steps: 1 };

  test('says where the meeting is, also to one who has heard of a newer decision that came to nothing', () => {
    const { answer, next } = answerReserve(open, bob, { ...ask, epoch: 99_999 }, 0);
    expect(answer).toEqual({ kind: 'open', place: open.place });
    expect(next).toBe(open);
  });

  test('grants an epoch above all that either has heard of, and stands back for longer than the grant is good', () => {
    const { answer, next } = answerReserve({ ...unknownMeeting, epoch: 50_000 }, bob, ask, 1_000);
    expect(answer).toMatchObject({ kind: 'granted' });
    expect(next.epoch).toBeGreaterThan(50_000);
    expect(next.promisedUntilMs).toBe(1_000 + promiseMs);
    expect(promiseMs).toBeGreaterThan(grantLeaseMs);
    const higher = answerReserve(unknownMeeting, bob, { ...ask, epoch: 70_000 }, 0);
    expect(higher.next.epoch).toBeGreaterThan(70_000);
  });

  test('gives way to the one whose id sorts first, unless a router was told already', () => {
    const grantor = answerReserve(asking, bob, ask, 0);
    expect([grantor.answer.kind, grantor.next.attempt?.yielded]).toEqual(['granted', true]);
    expect(answerReserve(asking, ada, { ...ask, from: bob }, 0).answer.kind).toBe('busy');
    const ordered: Knowledge = { ...asking, attempt: { stage: 'ordered', yielded: false } };
    expect(answerReserve(ordered, bob, ask, 0).answer.kind).toBe('busy');
  });
});

describe('who asks', () => {
  const granted = { kind: 'granted', epoch: 5 } as const;

  test('uses what a router reported meanwhile, whatever it was answered', () => {
    expect(afterPeer(open, ada, granted, now)).toEqual({ kind: 'use', place: open.place });
    expect(afterWitness(open, ada, granted, now)).toEqual({ kind: 'use', place: open.place });
  });

  test('may not use what was granted to an attempt that gave way', () => {
    expect(afterPeer(yielded, ada, granted, now)).toEqual({ kind: 'wait' });
    expect(afterWitness(yielded, ada, granted, now)).toEqual({ kind: 'wait' });
    expect(afterWitness(yielded, ada, { kind: 'silent' }, now)).toEqual({ kind: 'wait' });
    expect(mayOrder(yielded, 0, 0)).toBe(false);
    expect(mayOrder(unknownMeeting, 0, 0)).toBe(false);
  });

  test('waits for as long as a silent peer may act on what it was promised, then asks the witness', () => {
    const promised: Knowledge = { ...asking, promisedUntilMs: 100 };
    const silent = { kind: 'silent' } as const;
    expect(afterPeer(promised, ada, silent, { ...now, nowMs: 99 })).toEqual({ kind: 'wait' });
    expect(afterPeer(promised, ada, silent, { ...now, nowMs: 100 })).toEqual({ kind: 'ask-witness' });
    expect(afterPeer(asking, ada, silent, now)).toEqual({ kind: 'ask-witness' });
  });

  test('goes where the witness knows it open, and ahead when there is nobody to ask', () => {
    expect(afterWitness(asking, ada, { kind: 'held', place: at('r2', 7) }, now)).toEqual({
      kind: 'use',
      place: at('r2', 7),
    });
    const ahead = afterWitness({ ...asking, epoch: 7 }, ada, { kind: 'silent' }, now);
    expect(ahead).toEqual({ kind: 'order', epoch: nextEpoch(7, ada) });
  });

  test('finds a grant outdated after a pause', () => {
    expect(mayOrder(asking, 0, grantLeaseMs)).toBe(true);
    expect(mayOrder(asking, 0, grantLeaseMs + 1)).toBe(false);
  });
});

describe('the witness', () => {
  const claims = (steps: readonly (readonly [NodeId, Place, number])[]) => {
    let claim: Claim | null = null;
    return steps.map(([from, place, nowMs]) => {
      const { answer, next } = answerClaim(claim, { from, place }, nowMs);
      claim = next;
      return answer;
    });
  };
  const here = at('r1', 4_097);
  const there = at('r2', 4_098);
  const held = { kind: 'held', place: here };

  test('holds a meeting for the first who asks until the claim runs out, however often it is renewed', () => {
    const answers = claims([
      [ada, here, 0],
      [bob, there, 1],
      [ada, here, claimLeaseMs - 1],
      [bob, there, claimLeaseMs + 1],
      [bob, there, 2 * claimLeaseMs],
    ]);
    expect(answers).toEqual([
      { kind: 'granted', epoch: here.epoch },
      held,
      { kind: 'granted', epoch: here.epoch },
      held,
      { kind: 'granted', epoch: expect.any(Number) },
    ]);
  });

  test('raises a later claim above the one that ran out', () => {
    const [, later] = claims([
      [ada, at('r1', 90_000), 0],
      [bob, there, claimLeaseMs],
    ]);
    expect(later?.kind === 'granted' && later.epoch).toBeGreaterThan(90_000);
  });

  test('who lost sight of a router may not open its meeting elsewhere while the other one sees it', () => {
    const elsewhere = at('r3', 9_000);
    expect(
      claims([
        [ada, here, 0],
        [bob, here, 10],
        [ada, elsewhere, 20],
      ]).at(-1),
    ).toEqual(held);
  });

  test('the one that alone sees the router keeps it as it is, and the first one shares it again', () => {
    const elsewhere = at('r3', 9_000);
    const answers = claims([
      [ada, here, 0],
      [bob, here, 10],
      // Only the second one sees it by now.
      [bob, here, claimLeaseMs + 5],
      [ada, here, claimLeaseMs + 10],
      [bob, elsewhere, claimLeaseMs + 15],
    ]);
    expect(answers[2]).toEqual({ kind: 'granted', epoch: here.epoch });
    expect(answers.at(-1)).toEqual(held);
  });
});

test('of two copies the newer goes on, and of equal ones whoever looks chooses the same', () => {
  expect(isNewer(at('r1', 2), at('r2', 1))).toBe(true);
  expect(isNewer(at('r2', 1), at('r1', 2))).toBe(false);
  expect(isNewer(at('r2', 1), at('r1', 1))).toBe(true);
  expect(isNewer(at('r1', 1), at('r2', 1))).toBe(false);
});
