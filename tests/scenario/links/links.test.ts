import { msUntil, until } from '@guildhall/testkit';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Gathering } from '../survival/zone.ts';
import { SplitMeeting } from './split-meeting.ts';
import { NetworkZone, ports } from './zone.ts';

/** One zone for all: after each cut every link is whole again before the next. */
let zone: NetworkZone;

beforeAll(async () => {
  zone = await NetworkZone.start();
});
afterAll(async () => {
  await zone?.[Symbol.asyncDispose]();
});

/**
 * What must be so after any cut has healed.
 * @param cut answers what was said meanwhile
 * @returns ms from the healing until everything was so
 */
const afterCut = async (
  name: string,
  vm: number,
  cut: (gathering: Gathering) => Promise<readonly string[]>,
): Promise<number> => {
  await zone.whole();
  const gathering = await zone.gatherOn(vm);
  try {
    const said = await cut(gathering);
    const begunMs = performance.now();
    await zone.whole();
    await gathering.assertWhole(['Welcome', ...said]);
    const tookMs = Math.round(performance.now() - begunMs);
    console.log(`${name}: whole ${tookMs} ms after healing`);
    const lines = await gathering.talk('Still here');
    await gathering.assertWhole(['Welcome', ...said, ...lines]);
    return tookMs;
  } finally {
    gathering.close();
  }
};

const inside = ({ cast: { host, ana, ben } }: Gathering) => [host, ana, ben];
const phases = (gathering: Gathering): string[] => inside(gathering).map(({ state }) => state.phase);
const everyone = (phase: string): string[] => [phase, phase, phase];

/** A new meeting works, also now. */
const anotherMeeting = async (): Promise<void> => {
  const other = await zone.gather();
  other.close();
};

describe('a router and its controllers', () => {
  test('one of them: nobody notices, and the other one knows where the meeting is', async () => {
    const tookMs = await afterCut('router from one controller', 3, async (gathering) => {
      zone.network.cut(zone.machine(3), zone.machine(1));
      await until('the loss noticed', () => zone.controllerSees(1, { routers: 2, pair: 'connected' }));
      const said = await gathering.talk('With one controller');
      // Only the controller without the router can be asked.
      zone.network.cut(zone.people, zone.machine(2), ports.zctrl);
      await anotherMeeting();
      await gathering.assertWhole(['Welcome', ...said]);
      expect(await zone.owningVm(gathering.meetingId)).toBe(3);
      expect(phases(gathering)).toEqual(everyone('joined'));
      return said;
    });
    expect(tookMs).toBeLessThan(10_000);
  });

  test('both: its meeting goes on, and nobody in it is dropped', async () => {
    const tookMs = await afterCut('router from both controllers', 3, async (gathering) => {
      zone.network.cut(zone.machine(3), zone.machine(1));
      zone.network.cut(zone.machine(3), zone.machine(2));
      for (const vm of [1, 2])
        await until('the loss noticed', () => zone.controllerSees(vm, { routers: 2, pair: 'connected' }));
      const { host, ben } = gathering.cast;
      const said = await gathering.talk('Without controllers');
      // In force at once, and its author is told that nobody has stored it.
      await expect(host.client.setRole(host.idOf('Ben'), 'co-host')).rejects.toMatchObject({
        code: 'meeting.not-stored',
      });
      expect(ben.state.role).toBe('co-host');
      expect(phases(gathering)).toEqual(everyone('joined'));
      // Its controllers cannot know that it lives, so they have the meeting ready elsewhere; its people stay.
      const copies = await zone.holders(gathering.meetingId);
      expect(copies.filter(({ linked }) => linked > 0)).toMatchObject([{ vm: 3, linked: 3 }]);
      await zone.whole();
      await gathering.assertWhole(['Welcome', ...said]);
      expect(ben.state.role).toBe('co-host');
      return said;
    });
    expect(tookMs).toBeLessThan(10_000);
  });
});

describe('the two controllers', () => {
  // On VM 1 it is out of sight of the other controller.
  test.each([3, 1])(
    'apart, with the cloud as witness: a meeting on VM %i stays where it is, and another is opened once',
    async (vm) => {
      const tookMs = await afterCut(`controllers apart, meeting on VM ${vm}`, vm, async (gathering) => {
        zone.network.cut(zone.machine(1), zone.machine(2));
        for (const one of [1, 2])
          await until('both alone', () => zone.controllerSees(one, { routers: 2, pair: 'alone' }));
        await anotherMeeting();
        expect(await zone.owningVm(gathering.meetingId)).toBe(vm);
        return await gathering.talk('With controllers apart');
      });
      expect(tookMs).toBeLessThan(10_000);
    },
  );
});

describe('the same meeting started on both sides', () => {
  test('is one again after healing: nobody is lost, the removed stay out and the waiting wait', async () => {
    await zone.whole();
    const split = await SplitMeeting.create(zone);
    try {
      await split.apart();
      await split.startOnBothSides();
      expect(await zone.holders(split.meetingId)).toHaveLength(2);
      const begunMs = performance.now();
      await zone.whole();
      await split.assertOne();
      console.log(`both sides: one meeting ${Math.round(performance.now() - begunMs)} ms after healing`);
    } finally {
      split.close();
    }
  });
});

describe('the cloud', () => {
  test('away from both controllers: meetings go on and begin, before they know of it and after', async () => {
    const tookMs = await afterCut('cloud away', 3, async (gathering) => {
      for (const vm of [1, 2]) zone.network.cut(zone.machine(vm), zone.cloud);
      await anotherMeeting();
      for (const vm of [1, 2]) await until('the loss noticed', () => zone.isCloudAway(vm));
      await anotherMeeting();
      return await gathering.talk('Without the cloud');
    });
    expect(tookMs).toBeLessThan(10_000);
  });
});

describe('people', () => {
  test('away from their router for seconds: back in the same seats', async () => {
    const tookMs = await afterCut('people from their router', 3, async (gathering) => {
      const ids = gathering.cast.host.state.view?.participants.map(({ participantId }) => participantId);
      zone.network.cut(zone.people, zone.machine(3), ports.mmr);
      await until('the loss noticed', () => phases(gathering).join() === everyone('reconnecting').join());
      zone.network.heal(zone.people, zone.machine(3), ports.mmr);
      await gathering.assertWhole(['Welcome']);
      expect(gathering.cast.host.state.view?.participants.map(({ participantId }) => participantId)).toEqual(
        ids,
      );
      expect(await zone.owningVm(gathering.meetingId)).toBe(3);
      return [];
    });
    expect(tookMs).toBeLessThan(10_000);
  });

  test.each([1, 2])('away from controller %i: the other one lets them in', async (vm) => {
    const tookMs = await afterCut('people from one controller', 3, async () => {
      zone.network.cut(zone.people, zone.machine(vm), ports.zctrl);
      await anotherMeeting();
      return [];
    });
    expect(tookMs).toBeLessThan(10_000);
  });
});

describe('a host that vanishes without a word', () => {
  test.each([
    [3, 'a router only'],
    [1, 'a router and a controller'],
  ])(
    'VM %i, %s: everybody back on another router, and the old copy ends when it returns',
    async (vm, what) => {
      const tookMs = await afterCut(`gone: ${what}`, vm, async (gathering) => {
        const { meetingId } = gathering;
        zone.network.isolate(zone.machine(vm));
        const awayMs = await msUntil('everybody on another router', async () => {
          const holders = await zone.holders(meetingId);
          return (
            holders.some((one) => one.vm !== vm && one.linked === 3) &&
            phases(gathering).join() === everyone('joined').join()
          );
        });
        console.log(`gone: ${what}: everybody on another router after ${awayMs} ms`);
        expect(awayMs).toBeLessThan(8_000);
        const said = await gathering.talk('On another router');
        await zone.whole();
        await until('the end of the old copy', async () => (await zone.holders(meetingId)).length === 1);
        expect(await zone.owningVm(meetingId)).not.toBe(vm);
        return said;
      });
      expect(tookMs).toBeLessThan(10_000);
    },
  );
});
