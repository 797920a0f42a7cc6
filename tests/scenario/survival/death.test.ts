import { msUntil, until } from '@guildhall/testkit';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { SurvivalZone, type Gathering } from './zone.ts';

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
    const tookMs = await gathering.assertWhole(['Welcome']);
    const lines = await gathering.talk('Still here');
    await gathering.assertWhole(['Welcome', ...lines]);
    console.log(`${name}: everybody back after ${tookMs} ms`);
    return tookMs;
  } finally {
    gathering.close();
  }
};

describe('killed without a word (SIGKILL)', () => {
  test('the router that has the meeting', async () => {
    const tookMs = await afterHarm('router killed', async ({ meetingId }) => {
      const vm = await zone.owningVm(meetingId);
      process.kill(await zone.pid('mmr', vm), 'SIGKILL');
      await until('another router', async () => (await zone.holders(meetingId)).some((one) => one.vm !== vm));
    });
    expect(tookMs).toBeLessThan(10_000);
  });

  test.each([1, 2])(
    'zone controller %i: nobody in the meeting notices, and others still get in',
    async (vm) => {
      const tookMs = await afterHarm(`controller ${vm} killed`, async ({ meetingId, cast }) => {
        const owner = await zone.owningVm(meetingId);
        process.kill(await zone.pid('zctrl', vm), 'SIGKILL');
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
    const tookMs = await afterHarm('both controllers killed', async ({ meetingId, cast }) => {
      const owner = await zone.owningVm(meetingId);
      for (const { pid } of await zone.processes('zctrl')) process.kill(pid, 'SIGKILL');
      expect(cast.host.state.phase).toBe('joined');
      await zone.allReady();
      expect(await zone.owningVm(meetingId)).toBe(owner);
    });
    expect(tookMs).toBeLessThan(10_000);
  });

  test('the cloud', async () => {
    const tookMs = await afterHarm('cloud killed', async ({ cast }) => {
      process.kill(await zone.pid('cloud'), 'SIGKILL');
      expect(cast.host.state.phase).toBe('joined');
      await zone.allReady();
    });
    expect(tookMs).toBeLessThan(10_000);
  });

  test('the console of the VM that has the meeting: its router goes on', async () => {
    const tookMs = await afterHarm('console killed', async ({ meetingId }) => {
      const vm = await zone.owningVm(meetingId);
      const [before] = await zone.holders(meetingId);
      process.kill(await zone.pid('console', vm), 'SIGKILL');
      await until('another console', async () => (await zone.processes('console')).length === 3);
      const [after] = await zone.holders(meetingId);
      expect(after?.pid).toBe(before?.pid);
    });
    expect(tookMs).toBeLessThan(10_000);
  });

  test('the router and a controller at once', async () => {
    const tookMs = await afterHarm('router and controller killed', async ({ meetingId }) => {
      const vm = await zone.owningVm(meetingId);
      process.kill(await zone.pid('zctrl', 1), 'SIGKILL');
      process.kill(await zone.pid('mmr', vm), 'SIGKILL');
    });
    expect(tookMs).toBeLessThan(10_000);
  });
});

describe('stopped and later going on (SIGSTOP, SIGCONT)', () => {
  const paused = async (pid: number, meanwhile: () => Promise<void>): Promise<void> => {
    process.kill(pid, 'SIGSTOP');
    try {
      await meanwhile();
    } finally {
      process.kill(pid, 'SIGCONT');
    }
  };

  test('the router that has the meeting: the others do not wait for it, and its old copy ends', async () => {
    const tookMs = await afterHarm('router paused', async ({ meetingId }) => {
      const vm = await zone.owningVm(meetingId);
      const pid = await zone.pid('mmr', vm);
      await paused(pid, async () => {
        const tookMs = await msUntil('another router', async () =>
          (await zone.holders(meetingId)).some((one) => one.vm !== vm && one.linked === 3),
        );
        console.log(`router paused: everybody on another after ${tookMs} ms`);
      });
      await until('the end of the old copy', async () => (await zone.holders(meetingId)).length === 1);
      expect(await zone.owningVm(meetingId)).not.toBe(vm);
    });
    expect(tookMs).toBeLessThan(10_000);
  });

  test.each([1, 2])(
    'zone controller %i: the other places meetings, and the old one does no harm',
    async (vm) => {
      const tookMs = await afterHarm(`controller ${vm} paused`, async () => {
        let meanwhile: Gathering | undefined;
        await paused(await zone.pid('zctrl', vm), async () => {
          meanwhile = await zone.gather();
        });
        await meanwhile?.assertWhole(['Welcome']);
        meanwhile?.close();
      });
      expect(tookMs).toBeLessThan(10_000);
    },
  );

  test('the cloud', async () => {
    const tookMs = await afterHarm('cloud paused', async (gathering) => {
      await paused(await zone.pid('cloud'), async () => {
        await gathering.talk('While the cloud is away');
      });
    });
    expect(tookMs).toBeLessThan(10_000);
  });
});
