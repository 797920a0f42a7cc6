import { msUntil, until } from '@guildhall/testkit';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import type { Gathering } from '../survival/gathering.ts';
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
 * @returns ms from the healing until everything was so
 */
const afterCut = async (
  name: string,
  vm: number,
  cut: (gathering: Gathering) => Promise<void>,
): Promise<number> => {
  await zone.whole();
  const gathering = await zone.gatherOn(vm);
  try {
    await cut(gathering);
    const begunMs = performance.now();
    await zone.whole();
    await gathering.assertWhole();
    const tookMs = Math.round(performance.now() - begunMs);
    console.log(`${name}: whole ${tookMs} ms after healing`);
    await gathering.talk('Still here');
    await gathering.assertWhole();
    return tookMs;
  } finally {
    gathering.close();
  }
};

const phases = ({ inside }: Gathering): string[] => inside.map(({ state }) => state.phase);
const isEverybody = (gathering: Gathering, phase: string): boolean =>
  phases(gathering).every((one) => one === phase);

const isOn = async (gathering: Gathering, isThere: (vm: number) => boolean): Promise<boolean> => {
  const { meetingId, inside } = gathering;
  const holders = await zone.holders(meetingId);
  const isLinked = holders.some(({ vm, linked }) => isThere(vm) && linked === inside.length);
  return isLinked && isEverybody(gathering, 'joined');
};

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
      await gathering.upToTheLast();
      await gathering.talk('With one controller');
      // Only the controller without the router can be asked.
      zone.network.cut(zone.people, zone.machine(2), ports.zctrl);
      await anotherMeeting();
      await gathering.assertWhole();
      expect(await zone.owningVm(gathering.meetingId)).toBe(3);
      expect(isEverybody(gathering, 'joined')).toBe(true);
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
      await gathering.talk('Without controllers');
      // In force at once, and its author is told that nobody has stored it.
      await expect(host.client.setRole(host.idOf('Ben'), 'co-host')).rejects.toMatchObject({
        code: 'meeting.not-stored',
      });
      gathering.expectRole(ben, 'co-host');
      expect(ben.state.role).toBe('co-host');
      expect(isEverybody(gathering, 'joined')).toBe(true);
      // Its controllers cannot know that it lives, so they have the meeting ready elsewhere; its people stay.
      const copies = await zone.holders(gathering.meetingId);
      expect(copies.filter(({ linked }) => linked > 0)).toMatchObject([
        { vm: 3, linked: gathering.inside.length },
      ]);
      await zone.whole();
      await gathering.assertWhole();
      expect(ben.state.role).toBe('co-host');
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
        await gathering.upToTheLast();
        await gathering.talk('With controllers apart');
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
      await gathering.upToTheLast();
      await gathering.talk('Without the cloud');
    });
    expect(tookMs).toBeLessThan(10_000);
  });
});

describe('a meeting that is changed in the portal while no controller is linked to the cloud', () => {
  test('follows when one is again; what a host has set since stays, for each setting', async () => {
    await afterCut('portal changes', 3, async (gathering) => {
      const { host, ana } = gathering.cast;
      const { number, settings } = host.state.view ?? {};
      if (!settings) throw new Error('the host sees no meeting');
      const path = `/api/v1/meetings/${number}`;
      const patch = (change: object) => zone.owner.call('PATCH', path, z.unknown(), change);
      // The portal sees no difference from what it knows, unless it was something else in between.
      const hostsOnly = { ...settings, screenShare: 'hosts' as const };
      await host.client.setSettings(hostsOnly);
      for (const vm of [1, 2]) zone.network.cut(zone.machine(vm), zone.cloud);
      for (const vm of [1, 2]) await until('the loss noticed', () => zone.isCloudAway(vm));
      await patch({ settings: { screenShare: 'hosts' } });
      await patch({ topic: 'Changed while away', settings: { screenShare: 'everyone' } });
      await patch({ settings: { muteOnEntry: true, chat: false } });
      // Ages are compared, and an answer that travels longer looks younger: later by more than any answer takes.
      const patchedAtMs = performance.now();
      await until('time enough', () => performance.now() - patchedAtMs > 3_000);
      // Later than the portal, so it is what holds.
      await host.client.setSettings({ ...hostsOnly, muteOnEntry: true });
      await host.client.setSettings({ ...hostsOnly, muteOnEntry: false });
      expect(ana.state.view).toMatchObject({ settings: hostsOnly });
      await zone.whole();
      const wanted = { ...settings, screenShare: 'everyone', chat: false, muteOnEntry: false };
      await until('the changes of the portal', () => ana.state.view?.settings.chat === false);
      expect(ana.state.view).toMatchObject({ topic: 'Changed while away', settings: wanted });
      // Asked again at the next link, nothing is undone.
      await host.client.setSettings({ ...settings, chat: true });
      zone.network.cut(zone.machine(1), zone.cloud);
      await until('the loss noticed', () => zone.isCloudAway(1));
      await zone.whole();
      await patch({ topic: 'Changed again' });
      await until('the last change', () => ana.state.view?.topic === 'Changed again');
      expect(ana.state.view?.settings).toEqual({ ...settings, chat: true });
    });
  });
});

describe('people', () => {
  test('away from their router for seconds: back in the same seats', async () => {
    const tookMs = await afterCut('people from their router', 3, async (gathering) => {
      const ids = gathering.cast.host.state.view?.participants.map(({ participantId }) => participantId);
      zone.network.cut(zone.people, zone.machine(3), ports.mmr);
      await until('the loss noticed', () => isEverybody(gathering, 'reconnecting'));
      zone.network.heal(zone.people, zone.machine(3), ports.mmr);
      await gathering.assertWhole();
      expect(gathering.cast.host.state.view?.participants.map(({ participantId }) => participantId)).toEqual(
        ids,
      );
      expect(await zone.owningVm(gathering.meetingId)).toBe(3);
    });
    expect(tookMs).toBeLessThan(10_000);
  });

  test('away from the cloud: those in a meeting notice nothing, and come back without it when their router is gone too', async () => {
    const tookMs = await afterCut('people from the cloud', 3, async (gathering) => {
      await gathering.upToTheLast();
      zone.network.cut(zone.people, zone.cloud);
      await gathering.talk('Without the portal');
      expect(isEverybody(gathering, 'joined')).toBe(true);
      zone.network.isolate(zone.machine(3));
      await until('everybody on another router', () => isOn(gathering, (vm) => vm !== 3));
    });
    expect(tookMs).toBeLessThan(10_000);
  });

  test.each([1, 2])('away from controller %i: the other one lets them in', async (vm) => {
    const tookMs = await afterCut('people from one controller', 3, async () => {
      zone.network.cut(zone.people, zone.machine(vm), ports.zctrl);
      await anotherMeeting();
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
        await gathering.upToTheLast();
        zone.network.isolate(zone.machine(vm));
        const awayMs = await msUntil('everybody on another router', () =>
          isOn(gathering, (one) => one !== vm),
        );
        console.log(`gone: ${what}: everybody on another router after ${awayMs} ms`);
        expect(awayMs).toBeLessThan(8_000);
        await gathering.talk('On another router');
        await zone.whole();
        await until('the end of the old copy', async () => (await zone.holders(meetingId)).length === 1);
        expect(await zone.owningVm(meetingId)).not.toBe(vm);
      });
      expect(tookMs).toBeLessThan(10_000);
    },
  );
});
