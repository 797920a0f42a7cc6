// How long people hear and see nothing when something is killed, with bots on a zone of two routers and two controllers:
//   npm run bench -- failover [--quick] [--rounds 5] [--people 10] [--json]
// In each round a meeting is filled, one process is killed (kill -9), and for every person the longest time without any
// packet of voice and of picture is taken: media worker, router, controller, cloud. "nothing" is the same without a kill:
// what the machine itself does to the figures.
import { availableParallelism } from 'node:os';
import { parseArgs } from 'node:util';
import {
  BotEngine,
  buildNative,
  cacheDirOf,
  conversation,
  Crowd,
  processUse,
  type BotWish,
} from '@guildhall/bots';
import { PortalApi, Product, type ProductStatus } from '@guildhall/testkit';
import { pause } from './support/shape.ts';
import { table } from './support/table.ts';

const { values } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    rounds: { type: 'string' },
    people: { type: 'string', default: '10' },
    json: { type: 'boolean', default: false },
  },
});
const rounds = Number(values.rounds ?? (values.quick ? 1 : 5));
const people = Number(values.people);
/** Long enough for the slowest recovery that anybody would still wait for. */
const watchedMs = 12_000;
const settleMs = 4_000;
const deadlineMs = 60_000;

const targets = ['nothing', 'worker', 'router', 'controller', 'cloud'] as const;
type Target = (typeof targets)[number];
interface Gaps {
  readonly audioMs: number;
  readonly videoMs: number;
}

const cacheDir = cacheDirOf(process.env);
const binary = await buildNative({ cacheDir, onStep: (text) => process.stderr.write(`  · ${text}\n`) });
const cores = availableParallelism();
await using engine = await BotEngine.start({ binary, ...(cores > 1 ? { core: cores - 1 } : {}) });
await using product = await Product.start({ routers: 2, controllers: 2 });
const owner = new PortalApi(product.facts.portal);
await owner.signIn(product.facts.owner);

type Process = ProductStatus[number];
const expected = product.facts.processes.length;

/** Waits until whatever was killed is back. @throws Error when it does not come back */
const whole = async (): Promise<readonly Process[]> => {
  const until = performance.now() + deadlineMs;
  for (;;) {
    const processes = await product.status();
    if (processes.length >= expected && processes.every(({ health }) => health === 'ok')) return processes;
    if (performance.now() > until) throw new Error('the zone did not recover');
    await pause(200);
  }
};

/** The worker that carries the meeting is the one that works. */
const busiest = async (processes: readonly Process[]): Promise<{ router: Process; worker: number }> => {
  const candidates = processes
    .filter(({ role }) => role === 'mmr')
    .flatMap((router) => router.workers.map((worker) => ({ router, worker })));
  const used = async () =>
    Promise.all(candidates.map(async ({ worker }) => (await processUse(worker))?.cpuSeconds ?? 0));
  const before = await used();
  await pause(1_000);
  const after = await used();
  const grown = candidates.map((one, index) => ({ ...one, by: (after[index] ?? 0) - (before[index] ?? 0) }));
  const [most] = grown.toSorted((a, b) => b.by - a.by);
  if (!most) throw new Error('there is no media worker');
  return most;
};

const pidOf = async (target: Target, processes: readonly Process[]): Promise<number | null> => {
  const { router, worker } = await busiest(processes);
  if (target === 'nothing') return null;
  if (target === 'worker') return worker;
  if (target === 'router') return router.pid;
  const role = target === 'controller' ? 'zctrl' : 'cloud';
  return processes.find((one) => one.role === role)?.pid ?? null;
};

const round = async (target: Target): Promise<Gaps[]> => {
  const processes = await whole();
  const settings = { lobby: false, guestsAllowed: true, joinBeforeHost: true, muteOnEntry: false };
  const { number, passcode } = await owner.createMeeting({ topic: 'Failover', settings });
  const wish = (index: number): BotWish => ({
    portalUrl: product.facts.portal,
    number,
    passcode: passcode ?? undefined,
    name: `Bot ${index + 1}`,
    pattern: { ...conversation, speech: null, videoBitrateBps: 800_000 },
    mic: index < 3 ? 'open' : 'muted',
    hasCamera: index < 2,
    tiles: { count: 4, widthPx: 640, heightPx: 360 },
  });
  const { signal } = new AbortController();
  const crowd = new Crowd({ engine, joinsPerSecond: 20, joinLimitMs: 20_000, signal });
  try {
    const { joined } = await crowd.join(Array.from({ length: people }, (_, index) => wish(index)));
    if (joined < people) throw new Error(`only ${joined} of ${people} could join`);
    await pause(settleMs);
    const pid = await pidOf(target, processes);
    engine.begin();
    await pause(500);
    if (pid !== null) process.kill(pid, 'SIGKILL');
    await pause(watchedMs);
    engine.end();
    const report = await crowd.report();
    // Who got nothing at all after that counts with the whole time.
    return report.people.map((one) => ({
      audioMs: one.audio > 0 ? one.audioGapMs : watchedMs,
      videoMs: one.video > 0 ? one.videoGapMs : watchedMs,
    }));
  } finally {
    crowd.leave();
  }
};

const quantile = (samples: readonly number[], share: number): number => {
  const sorted = samples.toSorted((a, b) => a - b);
  return Math.round(sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? Number.NaN);
};

const gaps = new Map<Target, Gaps[]>(targets.map((target) => [target, []]));
for (let index = 0; index < rounds; index += 1)
  for (const [target, got] of gaps) {
    process.stderr.write(`  · round ${index + 1} of ${rounds}: ${target}\n`);
    got.push(...(await round(target)));
  }

const results = [...gaps].map(([killed, got]) => ({
  killed,
  samples: got.length,
  audioGapMs: {
    p50: quantile(
      got.map(({ audioMs }) => audioMs),
      0.5,
    ),
    p95: quantile(
      got.map(({ audioMs }) => audioMs),
      0.95,
    ),
  },
  videoGapMs: {
    p50: quantile(
      got.map(({ videoMs }) => videoMs),
      0.5,
    ),
    p95: quantile(
      got.map(({ videoMs }) => videoMs),
      0.95,
    ),
  },
}));
if (!values.json)
  for (const line of table([
    ['killed', 'voice p50', 'p95', 'picture p50', 'p95', 'n'],
    ...results.map(({ killed, samples, audioGapMs, videoGapMs }) => [
      killed,
      `${audioGapMs.p50} ms`,
      `${audioGapMs.p95} ms`,
      `${videoGapMs.p50} ms`,
      `${videoGapMs.p95} ms`,
      String(samples),
    ]),
  ]))
    console.log(line);
console.log(JSON.stringify({ bench: 'failover', rounds, people, results }));
