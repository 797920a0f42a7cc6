import { msUntil, openSettings, until } from '@guildhall/testkit';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Attendant } from '../survival/people.ts';
import { NetworkZone } from './zone.ts';

/** Routers that take two people each, so that five are one meeting on three routers. */
const seats = 2;
const controllers = [1, 2];
const names = ['Ana', 'Ben', 'Cleo', 'Dan', 'Owner'];
let zone: NetworkZone;
let people: Attendant[] = [];

beforeAll(async () => {
  zone = await NetworkZone.start({ GUILDHALL_CLOUD_LIMITS_PARTICIPANTS_PER_ROUTER: String(seats) });
});
afterAll(async () => {
  for (const one of people) one.client.leave();
  await zone?.[Symbol.asyncDispose]();
});

const isWhole = (lines: readonly string[]): boolean =>
  people.every(({ state, roster, chat }) => {
    const connected = state.view?.participants.filter(({ presence }) => presence === 'connected') ?? [];
    return (
      state.phase === 'joined' &&
      roster.join() === names.join() &&
      connected.length === names.length &&
      chat.toSorted().join() === lines.toSorted().join()
    );
  });

const seen = (): unknown =>
  people.map(({ name, state, roster, chat }) => ({ name, phase: state.phase, roster, chat }));

const gather = async (): Promise<string> => {
  const { meetingId, number, passcode } = await zone.owner.createMeeting({ settings: openSettings });
  const place = { portalUrl: zone.owner.base, number, passcode: passcode ?? '' };
  people = [await Attendant.join('Owner', place, zone.owner)];
  for (const name of names.slice(0, -1)) {
    // Each controller counts the seats it gives itself; of those of the other one it hears from the routers.
    await until('everybody counted', () => zone.allCount(people.length));
    people.push(await Attendant.join(name, place));
  }
  await until('everybody in one meeting', () => isWhole([]), seen);
  return meetingId;
};

/** Both ends of the link, and the controllers whose links went with it, know of the cut. */
const untilNoticed = async (meetingId: string, owner: number, vm: number): Promise<void> => {
  await until('the branch without its owner', async () =>
    (await zone.branches(meetingId)).some((branch) => branch.vm === vm && !branch.linked),
  );
  const others = people.filter(({ state }) => state.phase === 'joined');
  await until(
    'the people of the branch shown as reconnecting',
    () =>
      others.some(({ state }) =>
        state.view?.participants.some(({ presence }) => presence === 'reconnecting'),
      ),
    seen,
  );
  const apart = controllers.includes(owner) && controllers.includes(vm);
  for (const one of controllers.filter((number) => number === owner || number === vm))
    await until('the loss noticed', () =>
      zone.controllerSees(one, { routers: 2, pair: apart ? 'alone' : 'connected' }),
    );
};

test('the link between the router that owns a meeting and one with a branch of it: nobody leaves, no line is lost, and it stays where it is', async () => {
  const meetingId = await gather();
  const owner = await zone.owningVm(meetingId);
  const branches = await zone.branches(meetingId);
  expect(new Set(branches.map(({ vm }) => vm))).toEqual(new Set([1, 2, 3].filter((vm) => vm !== owner)));
  expect(branches.map((branch) => branch.people.length).toSorted((a, b) => a - b)).toEqual([1, 2]);
  const [{ epoch } = { epoch: 0 }] = await zone.holders(meetingId);
  const ids = people.map(({ state }) => state.selfId);
  const lines: string[] = [];
  for (const { vm } of branches) {
    zone.network.cut(zone.machine(owner), zone.machine(vm));
    const said = people.map(({ name }) => `${name} while ${vm} is cut off`);
    for (const [index, one] of people.entries()) one.client.sendChat(said[index] ?? '');
    lines.push(...said);
    await untilNoticed(meetingId, owner, vm);
    zone.network.heal(zone.machine(owner), zone.machine(vm));
    const tookMs = await msUntil('everybody in one meeting', () => isWhole(lines), seen);
    console.log(`branch on VM ${vm} of a meeting on VM ${owner}: whole ${tookMs} ms after healing`);
    await zone.whole();
  }
  // Nobody opened it anew: it has one owner, in the life of before.
  await until('one owner, that of before', async () => {
    const held = await zone.holders(meetingId);
    return held.length === 1 && held[0]?.vm === owner && held[0].epoch === epoch;
  });
  expect(people.map(({ state }) => state.selfId)).toEqual(ids);
});
