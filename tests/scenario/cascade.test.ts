import { Bot, BotEngine, buildNative, cacheDirOf, conversation } from '@guildhall/bots';
import { Meeting } from '@guildhall/protocol';
import { openSettings, PortalApi, Product } from '@guildhall/testkit';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { z } from 'zod';

// One meeting on three routers that take two people each: real processes, real pipes, and what happens when they die.

const seats = 2;
let product: Product;
let engine: BotEngine;
let bots: Bot[] = [];

beforeAll(async () => {
  const env = { GUILDHALL_CLOUD_LIMITS_PARTICIPANTS_PER_ROUTER: String(seats) };
  product = await Product.start({ routers: 3, env });
  const cacheDir = cacheDirOf(process.env);
  engine = await BotEngine.start({ binary: await buildNative({ cacheDir, onStep: () => undefined }) });
});

afterAll(async () => {
  for (const bot of bots) bot.leave();
  await engine?.close();
  await product?.stop();
});

const DebugState = z.object({
  meetings: z.array(
    z.object({ people: z.array(z.object({ participantId: z.string(), linked: z.boolean() })) }),
  ),
  branches: z.array(z.object({ people: z.array(z.string()) })),
});

interface RouterFacts {
  readonly pid: number;
  readonly owns: boolean;
  /** People linked to it. */
  readonly people: number;
}

/** Every router of the zone, as it sees itself; one that is down or stopped is left out. */
const routers = async (): Promise<RouterFacts[]> => {
  const files = await product.runFiles();
  const asked = files
    .filter(({ role }) => role === 'mmr')
    .map(async ({ pid, adminPort }): Promise<RouterFacts[]> => {
      try {
        const signal = AbortSignal.timeout(3_000);
        const answer = await fetch(`http://127.0.0.1:${adminPort}/debug/state`, { signal });
        const { meetings, branches } = DebugState.parse(await answer.json());
        const local = meetings.flatMap(({ people }) => people.filter(({ linked }) => linked));
        const behind = branches.flatMap(({ people }) => people);
        return [{ pid, owns: meetings.length > 0, people: local.length + behind.length }];
      } catch {
        return [];
      }
    });
  return (await Promise.all(asked)).flat();
};

/** Links of people that the routers hold, those of a router that was thought dead included. */
const places = async (): Promise<number> => (await routers()).reduce((sum, { people }) => sum + people, 0);

/** Never 0, which would be this process and all beside it. */
const pidOf = (router: RouterFacts | undefined): number => {
  if (router === undefined || router.pid <= 1) throw new Error('there is no such router');
  return router.pid;
};

/** Each bot sees everybody connected, and hears and sees all the others. */
const isWhole = (): boolean =>
  bots.every(({ client }) => {
    const { view, phase, remote } = client.store.getSnapshot();
    const here = view?.participants.filter(({ presence }) => presence === 'connected') ?? [];
    const streams = Object.values(remote);
    return phase === 'joined' && here.length === bots.length && streams.length === 2 * (bots.length - 1);
  });

/** Several elections and restarts long. */
const recovery = { timeout: 60_000 };

/** Resolves as soon as somebody misses somebody, also when it is for a moment only; to be called before the harm. */
const missed = async (): Promise<void> => {
  const { promise, resolve } = Promise.withResolvers<void>();
  const look = (): void => void (isWhole() || resolve());
  const ends = bots.map(({ client }) => client.store.subscribe(look));
  await promise;
  for (const end of ends) end();
};

test('six people are seated on three routers, two on each, and are one meeting', async () => {
  const owner = new PortalApi(product.facts.portal);
  await owner.signIn(product.facts.owner);
  const { number, passcode } = await owner.call('POST', '/api/v1/meetings', Meeting, {
    topic: 'Larger than a router',
    kind: 'instant',
    settings: openSettings,
  });
  bots = Array.from(
    { length: 6 },
    (_, index) =>
      new Bot(engine, {
        portalUrl: product.facts.portal,
        number,
        passcode: passcode ?? undefined,
        name: `Bot ${index}`,
        pattern: { ...conversation, videoBitrateBps: 400_000 },
        mic: 'open',
        hasCamera: true,
        tiles: { count: 9, widthPx: 320, heightPx: 180 },
      }),
  );
  for (const bot of bots) await bot.join(60_000);
  await expect.poll(isWhole, recovery).toBe(true);
  await expect.poll(async () => (await routers()).map(({ people }) => people)).toEqual([2, 2, 2]);
  expect((await routers()).filter(({ owns }) => owns)).toHaveLength(1);
  const [first] = bots;
  first?.client.sendChat('Hello from another router');
  await expect
    .poll(() => bots.map(({ client }) => client.store.getSnapshot().view?.chat.length))
    .toEqual(bots.map(() => 1));
});

test('kill -9 of a router with a branch: its people are back, and everybody sees them', async () => {
  const sub = (await routers()).find(({ owns }) => !owns);
  const lost = missed();
  process.kill(pidOf(sub), 'SIGKILL');
  await lost;
  await expect.poll(isWhole, recovery).toBe(true);
});

test('SIGSTOP of a router with a branch: the same, and its revival brings no ghosts', async () => {
  const sub = (await routers()).find(({ owns, people }) => !owns && people > 0);
  const lost = missed();
  process.kill(pidOf(sub), 'SIGSTOP');
  try {
    await lost;
    await expect.poll(isWhole, recovery).toBe(true);
  } finally {
    process.kill(pidOf(sub), 'SIGCONT');
  }
  // It has heard that its people are elsewhere and keeps none of them.
  await expect.poll(places).toBe(bots.length);
  await expect.poll(isWhole, recovery).toBe(true);
});

test('kill -9 of the router that owns the meeting: another owns it, and everybody is in the seat of before', async () => {
  const before = bots.map(({ client }) => client.store.getSnapshot().selfId);
  const top = (await routers()).find(({ owns }) => owns);
  const lost = missed();
  process.kill(pidOf(top), 'SIGKILL');
  await lost;
  await expect.poll(isWhole, recovery).toBe(true);
  expect(bots.map(({ client }) => client.store.getSnapshot().selfId)).toEqual(before);
  await expect.poll(async () => (await routers()).filter(({ owns }) => owns).length).toBe(1);
  await expect.poll(places).toBe(bots.length);
  for (const { client } of bots) expect(client.store.getSnapshot().view?.chat).toHaveLength(1);
});
