import { openSettings, until } from '@guildhall/testkit';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { z } from 'zod';
import { Attendant } from './people.ts';
import { SurvivalZone } from './zone.ts';

/** Routers that take two people each. */
const seats = 2;
const RouterState = z.object({ branches: z.array(z.object({ meetingId: z.string() })) });
const ControllerState = z.object({ decisions: z.array(z.object({ meetingId: z.string() })) });
let zone: SurvivalZone;
let people: Attendant[] = [];

beforeAll(async () => {
  const env = { GUILDHALL_CLOUD_LIMITS_PARTICIPANTS_PER_ROUTER: String(seats) };
  zone = await SurvivalZone.start({ routers: 3, controllers: 2, env });
});
afterAll(async () => {
  for (const one of people) one.client.leave();
  await zone?.[Symbol.asyncDispose]();
});

const stateOf = async (adminPort: number): Promise<unknown> => {
  const state: unknown = await (await fetch(`http://127.0.0.1:${adminPort}/debug/state`)).json();
  return state;
};

/** VMs whose routers hold a branch of the meeting. */
const branches = async (meetingId: string): Promise<number[]> => {
  const found = await Promise.all(
    (await zone.processes('mmr')).map(async ({ vm, adminPort }) => {
      const state = RouterState.parse(await stateOf(adminPort));
      return state.branches.some((one) => one.meetingId === meetingId) ? [vm] : [];
    }),
  );
  return found.flat();
};

/** The VM of the controller that chose a router for the meeting. */
const placedBy = async (meetingId: string): Promise<number> => {
  for (const { vm, adminPort } of await zone.processes('zctrl')) {
    const { decisions } = ControllerState.parse(await stateOf(adminPort));
    if (decisions.some((one) => one.meetingId === meetingId)) return vm;
  }
  throw new Error('no controller has placed the meeting');
};

/** Each sees all of them connected. */
const isWhole = (): boolean => {
  const names = people.map(({ name }) => name).toSorted();
  return people.every(({ state, roster }) => {
    const connected = state.view?.participants.filter(({ presence }) => presence === 'connected') ?? [];
    return state.phase === 'joined' && roster.join() === names.join() && connected.length === people.length;
  });
};
const seen = (): unknown => people.map(({ name, state, roster }) => ({ name, phase: state.phase, roster }));

test('the controller that placed a meeting dies for good: the other one seats people on a second and a third router of it', async () => {
  await zone.allReady();
  const { meetingId, number, passcode } = await zone.owner.createMeeting({ settings: openSettings });
  const place = { portalUrl: zone.owner.base, number, passcode: passcode ?? '' };
  people = [await Attendant.join('Owner', place, zone.owner), await Attendant.join('Ana', place)];
  await until('two in the meeting', isWhole, seen);
  const [before] = await zone.holders(meetingId);
  const phases = new Set<string>();
  const ends = people.map(({ client }) =>
    client.store.subscribe(() => void phases.add(client.store.getSnapshot().phase)),
  );

  const vm = await placedBy(meetingId);
  const consolePid = await zone.pid('console', vm);
  // Stopped, so that it does not start its controller again.
  process.kill(consolePid, 'SIGSTOP');
  try {
    process.kill(await zone.pid('zctrl', vm), 'SIGKILL');
    for (const name of ['Ben', 'Cleo', 'Dan']) people.push(await Attendant.join(name, place));
    await until('five in one meeting', isWhole, seen);
    expect(await branches(meetingId)).toHaveLength(2);
  } finally {
    process.kill(consolePid, 'SIGCONT');
  }

  // Back, it learns from the routers where the meeting and its branches are.
  await zone.allReady();
  people.push(await Attendant.join('Eve', place));
  await until('six in one meeting', isWhole, seen);
  expect(await branches(meetingId)).toHaveLength(2);
  expect(await zone.holders(meetingId)).toMatchObject([{ vm: before?.vm, epoch: before?.epoch }]);
  for (const end of ends) end();
  expect([...phases]).toEqual(['joined']);
});
