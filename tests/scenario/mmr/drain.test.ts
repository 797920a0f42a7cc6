import { describe, expect, test } from 'vitest';
import { join, makeRouter, meetingId, type TestRouter } from './harness.ts';

const minuteMs = 60_000;

const order = async (
  { controller, clock }: TestRouter,
  wanted: { draining: boolean; deadlineMs?: number; atDeadline?: 'wait' | 'end' },
): Promise<void> => {
  const asked = controller.peer?.request('router.drain', wanted);
  await clock.advance(0);
  await asked;
};

describe('the deadline of a drain, when a meeting could not be moved', () => {
  test('unless somebody says so, nothing is ended', async () => {
    const router = await makeRouter();
    const ann = await join(router, 'ann', 'host');
    await order(router, { draining: true, deadlineMs: minuteMs });
    expect(router.meetings.drainEndsAtMs).toBeNull();
    await router.clock.advance(2 * minuteMs);
    expect(ann.closed).toBeUndefined();
    expect(router.meetings.reports()).toHaveLength(1);
    expect(router.meetings.drainEnded).toBeNull();
  });

  test('what is left is ended when that was asked for: people are told why, the zone is told, it may begin again', async () => {
    const router = await makeRouter();
    const { clock, meetings, controller } = router;
    const [ann, bob] = [await join(router, 'ann', 'host'), await join(router, 'bob')];
    await order(router, { draining: true, deadlineMs: minuteMs, atDeadline: 'end' });
    expect(meetings.drainEndsAtMs).toBe(clock.now() + minuteMs);
    await clock.advance(minuteMs - 1);
    expect([ann.closed, bob.closed]).toEqual([undefined, undefined]);
    await clock.advance(1);
    for (const person of [ann, bob]) {
      expect(person.events('meeting.ended')).toEqual([{ reason: 'drained' }]);
      expect(person.closed?.code).toBe(4410);
    }
    expect(controller.ends).toMatchObject([{ meetingId, reason: 'drained' }]);
    expect(meetings.reports()).toEqual([]);
    expect([meetings.drainEndsAtMs, meetings.drainEnded]).toEqual([null, { meetings: 1, participants: 2 }]);
  });

  test('the newest order counts: with more time, without a deadline, or taken back', async () => {
    const router = await makeRouter();
    const ann = await join(router, 'ann', 'host');
    const end = { draining: true, deadlineMs: minuteMs, atDeadline: 'end' } as const;
    for (const next of [
      { ...end, deadlineMs: 60 * minuteMs },
      { draining: true },
      { draining: false },
    ] as const) {
      await order(router, end);
      await order(router, next);
      await router.clock.advance(2 * minuteMs);
      expect(ann.closed).toBeUndefined();
    }
    expect([router.meetings.draining, router.meetings.drainEndsAtMs]).toEqual([false, null]);
  });

  test('one that stands still for a move is ended only when nobody takes it over', async () => {
    for (const isTaken of [true, false]) {
      const router = await makeRouter();
      const ann = await join(router, 'ann', 'host');
      await order(router, { draining: true, deadlineMs: 1_000, atDeadline: 'end' });
      const handed = router.controller.peer?.request('meeting.handover', { meetingId });
      await router.clock.advance(1_000);
      const epoch = (await handed)?.epoch ?? 0;
      expect(ann.events('meeting.ended')).toEqual([]);
      if (isTaken) await router.controller.peer?.request('meeting.moved', { meetingId, epoch: epoch + 1 });
      await router.clock.advance(4_000);
      expect(ann.events('meeting.ended')).toEqual(isTaken ? [] : [{ reason: 'drained' }]);
      expect(ann.events('meeting.moving')).toHaveLength(isTaken ? 1 : 0);
    }
  });
});
