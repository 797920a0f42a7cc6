import { afterEach, expect, test } from 'vitest';
import { makeCascade } from './cascade-harness.ts';
import { Browser, codeOf, join, type Entrance } from './harness.ts';

// A router with a branch of a meeting minds its own load at its own door, as the one that owns the meeting does.

type Cascade = Awaited<ReturnType<typeof makeCascade>>;
let cascade: Cascade | undefined;

afterEach(async () => {
  for (const { branches, engine } of cascade?.list ?? []) {
    branches.close();
    await engine.close();
  }
});

const start = async (lobby = false) => {
  cascade = await makeCascade(3, { lobby });
  const [one, two] = cascade.subs;
  if (!one || !two) throw new Error('two sub routers');
  return { ...cascade, one, two };
};

const tryAt = async (router: Entrance, name: string, role: 'participant' | 'guest' = 'participant') =>
  new Browser(router, name).hello(await router.seat(name, role));

test('a branch on an overloaded router takes nobody new, and its owner knows nothing of who was refused', async () => {
  const { top, one, two, settle } = await start();
  const host = await join(top, 'host', 'host');
  const cohost = await join(two, 'second', 'host');
  const bob = await join(one, 'bob');
  await settle();
  one.overload = 'worker-cpu';
  await expect(tryAt(one, 'new')).rejects.toMatchObject({ code: 'router.overloaded', retryAfterMs: 5_000 });
  expect(await codeOf(tryAt(one, 'third', 'guest'))).toBe('router.overloaded');
  await settle();
  expect(host.names()).toEqual(['host', 'second', 'bob']);
  // Those who moderate hear of it once, wherever they are; nobody else does.
  for (const moderator of [host, cohost])
    expect(moderator.events('meeting.turnedAway')).toEqual([{ why: 'load' }]);
  expect(bob.events('meeting.turnedAway')).toEqual([]);
  // The zone has sent the newcomer to another router of the meeting meanwhile.
  expect((await join(two, 'new')).names()).toEqual(['host', 'second', 'bob', 'new']);
  await settle(30_000);
  expect(await codeOf(tryAt(one, 'fourth'))).toBe('router.overloaded');
  await settle();
  expect(cohost.events('meeting.turnedAway')).toHaveLength(2);
  one.overload = null;
  expect((await join(one, 'fourth')).joined.state).toBe('joined');
});

test('who has a place in the meeting comes back to an overloaded branch, from wherever, and so does who waits', async () => {
  const { top, one, two, settle } = await start(true);
  const host = await join(top, 'host', 'host');
  const bob = await join(one, 'bob');
  const waiting = await tryAt(one, 'waiting', 'guest');
  await host.peer.request('host.admitAll', {});
  await settle();
  const late = new Browser(one, 'late');
  expect((await late.hello(await one.seat('late', 'guest'))).state).toBe('lobby');
  await settle();
  one.overload = 'event-loop';
  bob.peer.close();
  await settle(1_000);
  expect((await join(one, 'bob')).joined.participantId).toBe(bob.participantId);
  late.peer.close();
  await settle(1_000);
  expect((await tryAt(one, 'late', 'guest')).state).toBe('lobby');
  expect(waiting.state).toBe('lobby');
  // From another router of the meeting, which may be the one that is drained or died.
  const cat = await join(two, 'cat');
  await host.peer.request('host.admitAll', {});
  await settle();
  expect(host.names()).toContain('cat');
  expect((await tryAt(one, 'cat')).state).toBe('joined');
  await settle();
  expect(cat.closed).toMatchObject({ code: 4409 });
  expect(await codeOf(tryAt(one, 'new'))).toBe('router.overloaded');
});
