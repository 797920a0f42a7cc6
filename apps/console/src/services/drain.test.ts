import { FakeClock, silentLogger } from '@guildhall/kit';
import type { ServiceStatus } from '@guildhall/protocol';
import { describe, expect, test } from 'vitest';
import { Drain } from './drain.ts';

/** A router with these meetings, which does what it is told unless it is deaf. */
function createRouter() {
  const clock = new FakeClock();
  const router = { pid: 7, state: 'running', meetings: 2, draining: false, deaf: false, stops: 0 };
  const statusOf = (): ServiceStatus => ({
    name: 'mmr',
    state: router.state === 'running' ? 'running' : 'stopped',
    sinceMs: 0,
    pid: router.state === 'running' ? router.pid : null,
    version: null,
    restarts: 0,
    lastExit: null,
    wanted: 'running',
  });
  const drain = new Drain({
    supervisor: {
      get status() {
        return [statusOf()];
      },
      tell: (_name, message) => void (router.deaf || (router.draining = message.drain)),
      act: async () => {
        router.stops++;
        router.state = 'stopped';
      },
    },
    probe: {
      stateOf: async () => {
        const { meetings, draining } = router;
        return { meetings, draining, participants: meetings * 4 };
      },
    },
    clock,
    logger: silentLogger,
  });
  return { clock, router, drain };
}
const twoHoursMs = 2 * 3_600_000;

describe('a drain', () => {
  test('stops the router after its last meeting, and says what is left until then', async () => {
    const { clock, router, drain } = createRouter();
    const nowMs = clock.now();
    await drain.start(twoHoursMs);
    expect(drain.current).toEqual({
      sinceMs: nowMs,
      untilMs: nowMs + twoHoursMs,
      meetings: 2,
      participants: 8,
    });
    expect(router.draining).toBe(true);
    router.meetings = 1;
    await clock.advance(1_000);
    expect(drain.current).toMatchObject({ meetings: 1, participants: 4 });
    router.meetings = 0;
    await clock.advance(1_000);
    expect([router.stops, drain.current]).toEqual([1, undefined]);
  });

  test('ends at the deadline whoever is left; asked once more only the deadline moves', async () => {
    const { clock, router, drain } = createRouter();
    await drain.start(twoHoursMs);
    const since = drain.current?.sinceMs;
    await clock.advance(1_000);
    await drain.start(3_000);
    expect(drain.current?.sinceMs).toBe(since);
    await clock.advance(2_900);
    expect(router.stops).toBe(0);
    await clock.advance(1_000);
    expect(router.stops).toBe(1);
  });

  test('cancelled gives the router back', async () => {
    const { clock, router, drain } = createRouter();
    await drain.start(twoHoursMs);
    drain.cancel();
    drain.cancel();
    router.meetings = 0;
    await clock.advance(5_000);
    expect(router).toMatchObject({ draining: false, stops: 0 });
    expect(drain.current).toBeUndefined();
  });

  test('stops no idle router that has not said that nothing can come', async () => {
    const { clock, router, drain } = createRouter();
    router.meetings = 0;
    router.deaf = true;
    await drain.start(twoHoursMs);
    await clock.advance(3_000);
    expect(router.stops).toBe(0);
    router.deaf = false;
    await clock.advance(3_000);
    expect(router.stops).toBe(1);
  });

  test('is over with the process it belongs to, and needs one', async () => {
    const { clock, router, drain } = createRouter();
    await drain.start(twoHoursMs);
    router.pid = 8;
    expect(drain.current).toBeUndefined();
    router.meetings = 0;
    await clock.advance(3_000);
    expect(router.stops).toBe(0);
    router.state = 'stopped';
    await expect(drain.start(twoHoursMs)).rejects.toMatchObject({ code: 'service.not-running' });
  });
});
