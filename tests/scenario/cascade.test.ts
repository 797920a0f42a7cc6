import { homedir } from 'node:os';
import { join } from 'node:path';
import { readRunFiles } from '@guildhall/kit';
import { Bot, BotEngine, buildNative, conversation } from '@guildhall/bots';
import { Meeting } from '@guildhall/protocol';
import { PortalApi, Product } from '@guildhall/testkit';
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
  const cacheDir = process.env['GUILDHALL_CACHE'] ?? join(homedir(), '.cache', 'guildhall');
  engine = await BotEngine.start({ binary: await buildNative({ cacheDir, onStep: () => undefined }) });
}, 120_000);

afterAll(async () => {
  for (const bot of bots) bot.leave();
  await engine.close();
  await product.stop();
}, 30_000);

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
  const directories = [1, 2, 3].map((vm) =>
    vm === 1 ? join(product.dataDir, 'run') : join(product.dataDir, 'vms', String(vm), 'run'),
  );
  const files = (await Promise.all(directories.map((directory) => readRunFiles(directory)))).flat();
  const asked = files
    .filter(({ role }) => role === 'mmr')
    .map(async ({ pid, adminPort }): Promise<RouterFacts[]> => {
      try {
        const signal = AbortSignal.timeout(1_000);
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

const everybodySeesEverybody = async (withinMs: number): Promise<void> => {
  await expect.poll(isWhole, { timeout: withinMs, interval: 100 }).toBe(true);
};

test('six people are seated on three routers, two on each, and are one meeting', async () => {
  const owner = new PortalApi(product.facts.portal);
  await owner.signIn(product.facts.owner);
  const { number, passcode } = await owner.call('POST', '/api/v1/meetings', Meeting, {
    topic: 'Larger than a router',
    kind: 'instant',
    settings: { lobby: false, guestsAllowed: true, joinBeforeHost: true, muteOnEntry: false },
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
  for (const bot of bots) await bot.join(15_000);
  await everybodySeesEverybody(15_000);
  const seen = await routers();
  expect(seen.map(({ people }) => people)).toEqual([2, 2, 2]);
  expect(seen.filter(({ owns }) => owns)).toHaveLength(1);
  const [first] = bots;
  first?.client.sendChat('Hello from another router');
  await expect
    .poll(() => bots.map(({ client }) => client.store.getSnapshot().view?.chat.length))
    .toEqual(bots.map(() => 1));
}, 90_000);

test('kill -9 of a router with a branch: its people are back, and everybody sees them', async () => {
  const sub = (await routers()).find(({ owns }) => !owns);
  process.kill(pidOf(sub), 'SIGKILL');
  await expect.poll(isWhole, { timeout: 5_000, interval: 20 }).toBe(false);
  await everybodySeesEverybody(25_000);
}, 60_000);

test('SIGSTOP of a router with a branch: the same, and its revival brings no ghosts', async () => {
  const sub = (await routers()).find(({ owns, people }) => !owns && people > 0);
  process.kill(pidOf(sub), 'SIGSTOP');
  try {
    await expect.poll(isWhole, { timeout: 40_000, interval: 100 }).toBe(false);
    await everybodySeesEverybody(40_000);
  } finally {
    process.kill(pidOf(sub), 'SIGCONT');
  }
  await new Promise((wake) => setTimeout(wake, 3_000));
  await everybodySeesEverybody(25_000);
}, 120_000);

test('kill -9 of the router that owns the meeting: another owns it, and everybody is in the seat of before', async () => {
  const before = bots.map(({ client }) => client.store.getSnapshot().selfId);
  const top = (await routers()).find(({ owns }) => owns);
  process.kill(pidOf(top), 'SIGKILL');
  await expect.poll(isWhole, { timeout: 5_000, interval: 20 }).toBe(false);
  await everybodySeesEverybody(40_000);
  expect(bots.map(({ client }) => client.store.getSnapshot().selfId)).toEqual(before);
  const now = await routers();
  expect(now.filter(({ owns }) => owns)).toHaveLength(1);
  expect(now.reduce((sum, { people }) => sum + people, 0)).toBe(6);
  for (const { client } of bots) expect(client.store.getSnapshot().view?.chat).toHaveLength(1);
}, 120_000);
