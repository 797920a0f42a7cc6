import { FakeClock, openSqlite, silentLogger } from '@guildhall/kit';
import type { ServiceStatus } from '@guildhall/protocol';
import { describe, expect, test } from 'vitest';
import { migrations } from '../store/schema.ts';
import { ServiceMemoryStore } from '../store/service-memory.ts';
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
  const memory = new ServiceMemoryStore(openSqlite(':memory:', { migrations }));
  const options = {
    supervisor: {
      get status() {
        return [statusOf()];
      },
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
    order: async (pid: number, drain: boolean) => {
      if (!router.deaf && pid === router.pid) router.draining = drain;
    },
    memory,
    clock,
    logger: silentLogger,
  };
  return { clock, router, drain: new Drain(options), nextConsole: () => new Drain(options) };
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
    await drain.cancel();
    await drain.cancel();
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

  test('goes on under the next console, to the same deadline, unless the router is another', async () => {
    const { clock, router, drain, nextConsole } = createRouter();
    await drain.start(twoHoursMs);
    const before = drain.current;
    drain.close();
    await clock.advance(60_000);
    const second = nextConsole();
    await second.resume();
    expect(second.current).toEqual(before);
    second.close();
    router.pid = 8;
    const third = nextConsole();
    await third.resume();
    expect(third.current).toBeUndefined();
    router.pid = 7;
    await third.resume();
    expect(third.current).toBeUndefined();
    expect(router.stops).toBe(0);
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
