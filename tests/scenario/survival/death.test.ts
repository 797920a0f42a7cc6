import { msUntil, until } from '@guildhall/testkit';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Gathering } from './gathering.ts';
import { SurvivalZone } from './zone.ts';

/** One zone for all: after each death everything is up again before the next. */
let zone: SurvivalZone;

beforeAll(async () => {
  zone = await SurvivalZone.start({ routers: 3, controllers: 2 });
});
afterAll(async () => {
  await zone?.[Symbol.asyncDispose]();
});

/** @returns ms until everybody was back, once the harm was done */
const afterHarm = async (name: string, harm: (gathering: Gathering) => Promise<void>): Promise<number> => {
  await zone.allReady();
  const gathering = await zone.gather();
  try {
    await harm(gathering);
    const tookMs = await gathering.assertWhole();
    await gathering.talk('Still here');
    await gathering.assertWhole();
    console.log(`${name}: everybody back after ${tookMs} ms`);
    return tookMs;
  } finally {
    gathering.close();
  }
};

/** In the moment in which the last decision was acknowledged, and lines are on their way. */
const killAt = async (gathering: Gathering, ...pids: readonly number[]): Promise<void> => {
  await gathering.upToTheLast();
  for (const pid of pids) process.kill(pid, 'SIGKILL');
};

describe('killed without a word (SIGKILL)', () => {
  test('the router that has the meeting', async () => {
    const tookMs = await afterHarm('router killed', async (gathering) => {
      const { meetingId } = gathering;
      const vm = await zone.owningVm(meetingId);
      await killAt(gathering, await zone.pid('mmr', vm));
      await until('another router', async () => (await zone.holders(meetingId)).some((one) => one.vm !== vm));
    });
    expect(tookMs).toBeLessThan(10_000);
  });

  test.each([1, 2])(
    'zone controller %i: nobody in the meeting notices, and others still get in',
    async (vm) => {
      const tookMs = await afterHarm(`controller ${vm} killed`, async (gathering) => {
        const { meetingId, cast } = gathering;
        const owner = await zone.owningVm(meetingId);
        await killAt(gathering, await zone.pid('zctrl', vm));
        expect(cast.host.state.phase).toBe('joined');
        const begunMs = performance.now();
        const other = await zone.gather();
        expect(performance.now() - begunMs).toBeLessThan(10_000);
        other.close();
        expect(await zone.owningVm(meetingId)).toBe(owner);
      });
      expect(tookMs).toBeLessThan(10_000);
    },
  );

  test('both controllers at once', async () => {
    const tookMs = await afterHarm('both controllers killed', async (gathering) => {
      const { meetingId, cast } = gathering;
      const owner = await zone.owningVm(meetingId);
      await killAt(gathering, ...(await zone.processes('zctrl')).map(({ pid }) => pid));
      expect(cast.host.state.phase).toBe('joined');
      await zone.allReady();
      expect(await zone.owningVm(meetingId)).toBe(owner);
    });
    expect(tookMs).toBeLessThan(10_000);
  });

  test('the cloud', async () => {
    const tookMs = await afterHarm('cloud killed', async (gathering) => {
      await killAt(gathering, await zone.pid('cloud'));
      expect(gathering.cast.host.state.phase).toBe('joined');
      await zone.allReady();
    });
    expect(tookMs).toBeLessThan(10_000);
  });

  test('the console of the VM that has the meeting: its router goes on', async () => {
    const tookMs = await afterHarm('console killed', async (gathering) => {
      const { meetingId } = gathering;
      const vm = await zone.owningVm(meetingId);
      const [before] = await zone.holders(meetingId);
      await killAt(gathering, await zone.pid('console', vm));
      await until('another console', async () => (await zone.processes('console')).length === 3);
      const [after] = await zone.holders(meetingId);
      expect(after?.pid).toBe(before?.pid);
    });
    expect(tookMs).toBeLessThan(10_000);
  });

  test('every media worker of the router: it goes on with new ones', async () => {
    const tookMs = await afterHarm('media workers killed', async (gathering) => {
      const vm = await zone.owningVm(gathering.meetingId);
      const before = await zone.workers(vm);
      expect(before).not.toEqual([]);
      await killAt(gathering, ...before);
      await until('another worker', async () => {
        const now = await zone.workers(vm);
        return now.length === before.length && !now.some((pid) => before.includes(pid));
      });
      expect(await zone.owningVm(gathering.meetingId)).toBe(vm);
    });
    expect(tookMs).toBeLessThan(10_000);
  });

  test('the router and a controller at once', async () => {
    const tookMs = await afterHarm('router and controller killed', async (gathering) => {
      const vm = await zone.owningVm(gathering.meetingId);
      await killAt(gathering, await zone.pid('zctrl', 1), await zone.pid('mmr', vm));
    });
    expect(tookMs).toBeLessThan(10_000);
  });
});

describe('stopped and later going on (SIGSTOP, SIGCONT)', () => {
  const paused = async (pids: readonly number[], meanwhile: () => Promise<void>): Promise<void> => {
    for (const pid of pids) process.kill(pid, 'SIGSTOP');
    try {
      await meanwhile();
    } finally {
      for (const pid of pids) process.kill(pid, 'SIGCONT');
    }
  };

  test('the router that has the meeting: the others do not wait for it, and its old copy ends', async () => {
    const tookMs = await afterHarm('router paused', async (gathering) => {
      const { meetingId, inside } = gathering;
      const vm = await zone.owningVm(meetingId);
      const pid = await zone.pid('mmr', vm);
      await gathering.upToTheLast();
      await paused([pid], async () => {
        const awayMs = await msUntil('another router', async () =>
          (await zone.holders(meetingId)).some((one) => one.vm !== vm && one.linked === inside.length),
        );
        console.log(`router paused: everybody on another after ${awayMs} ms`);
      });
      await until('the end of the old copy', async () => (await zone.holders(meetingId)).length === 1);
      expect(await zone.owningVm(meetingId)).not.toBe(vm);
    });
    expect(tookMs).toBeLessThan(10_000);
  });

  test.each([1, 2])(
    'zone controller %i: the other places meetings, and the old one does no harm',
    async (vm) => {
      const tookMs = await afterHarm(`controller ${vm} paused`, async (gathering) => {
        let meanwhile: Gathering | undefined;
        const pid = await zone.pid('zctrl', vm);
        await gathering.upToTheLast();
        await paused([pid], async () => {
          meanwhile = await zone.gather();
        });
        await meanwhile?.assertWhole();
        meanwhile?.close();
      });
      expect(tookMs).toBeLessThan(10_000);
    },
  );

  test.each(['the cloud', 'both controllers', 'the console and the media workers of the router'])(
    '%s: people talk on',
    async (what) => {
      const tookMs = await afterHarm(`${what} paused`, async (gathering) => {
        const vm = await zone.owningVm(gathering.meetingId);
        const pids =
          what === 'the cloud'
            ? [await zone.pid('cloud')]
            : what === 'both controllers'
              ? (await zone.processes('zctrl')).map(({ pid }) => pid)
              : [await zone.pid('console', vm), ...(await zone.workers(vm))];
        await gathering.upToTheLast();
        await paused(pids, () => gathering.talk('While they stand still'));
        await zone.allReady();
        expect(await zone.owningVm(gathering.meetingId)).toBe(vm);
      });
      expect(tookMs).toBeLessThan(10_000);
    },
  );
});

test('every process of the zone is replaced, one after the other: nobody is dropped, and nothing is lost', async () => {
  await zone.allReady();
  const gathering = await zone.gather();
  try {
    const ends: (() => void)[] = [];
    const phases = new Set<string>();
    for (const { client } of gathering.inside.filter((one) => one !== gathering.cast.tia)) {
      ends.push(client.store.subscribe(() => void phases.add(client.store.getSnapshot().phase)));
    }
    const owner = await zone.owningVm(gathering.meetingId);
    // The one that has the meeting first, so that it moves with all that was decided a moment ago.
    const routers = [owner, ...[1, 2, 3].filter((vm) => vm !== owner)];
    await gathering.upToTheLast();
    for (const vm of routers) {
      expect(await zone.drain(vm, '--deadline', '60s')).toBe(0);
      await zone.replace('mmr', vm);
      await zone.allReady();
      await gathering.assertWhole();
    }
    for (const vm of [1, 2]) {
      await zone.replace('zctrl', vm);
      await zone.allReady();
    }
    for (const vm of [1, 2, 3]) await zone.replace('console', vm);
    await zone.replace('cloud', 1);
    await zone.allReady();
    await gathering.assertWhole();
    await gathering.talk('All of it is new');
    await gathering.assertWhole();
    for (const end of ends) end();
    expect([...phases]).toEqual(['joined']);
  } finally {
    gathering.close();
  }
}, 300_000);
