// The product against bare mediasoup (same worker, same bots) and against Janus, by the CPU of all server processes:
//   npm run bench -- engine [--quick] [--pairs 10] [--seconds 15] [--shape W|M] [--json] [--without-janus]
// - W: 1 meeting of 100, 5 voices and 2 pictures of 1 Mb/s; everybody gets everything
// - M: 8 meetings of 10, 10 voices and 2 pictures each
// Runs are interleaved (A B C A B C ...), because the machine's speed drifts; ratios are medians of the rounds' own ratios.
// See docs/operations/load-test.md for what makes the three alike.
import { availableParallelism } from 'node:os';
import { parseArgs } from 'node:util';
import { BotEngine, buildNative, cacheDirOf } from '@guildhall/bots';
import { bareMediasoup } from './support/bare-server.ts';
import { janus } from './support/janus-server.ts';
import { guildhall } from './support/product-server.ts';
import {
  cpuSecondsPerMillionPackets,
  cpuShare,
  type Contender,
  type Measured,
  type Shape,
} from './support/shape.ts';
import { median, table } from './support/table.ts';

const { values } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    pairs: { type: 'string' },
    seconds: { type: 'string' },
    shape: { type: 'string' },
    json: { type: 'boolean', default: false },
    'without-janus': { type: 'boolean', default: false },
  },
});
const rounds = Number(values.pairs ?? (values.quick ? 2 : 10));
const seconds = Number(values.seconds ?? (values.quick ? 6 : 15));
const shapes: readonly Shape[] = values.quick
  ? [{ name: 'W/4', meetings: 1, people: 25, voices: 5, cameras: 2, videoKbps: 1_000 }]
  : [
      { name: 'W', meetings: 1, people: 100, voices: 5, cameras: 2, videoKbps: 1_000 },
      { name: 'M', meetings: 8, people: 10, voices: 10, cameras: 2, videoKbps: 1_000 },
    ].filter(({ name }) => values.shape === undefined || values.shape === name);
/** Below this the server or the bots could not keep up: what a packet costs then is not what it costs. */
const fewestDelivered = 0.98;

const note = (text: string): void => void process.stderr.write(`  · ${text}\n`);
const cores = availableParallelism();
if (cores < 2) throw new Error('This benchmark needs two CPUs: one for the servers, one for the bots.');
const serverCores = cores === 2 ? '0' : `0-${cores - 2}`;
const binary = await buildNative({ cacheDir: cacheDirOf(process.env), onStep: note });
const engineOf = (): Promise<BotEngine> => BotEngine.start({ binary, core: cores - 1 });

const other = values['without-janus'] ? null : await janus(engineOf, serverCores);
if (typeof other === 'string') note(other);
await using ours = await guildhall();
await using bare = bareMediasoup(engineOf, { cores: serverCores, workers: ours.workers });
await using third = typeof other === 'string' ? null : other;
const contenders: readonly Contender[] = third ? [ours, bare, third] : [ours, bare];

const results = new Map<string, Measured[]>();
const keyOf = (shape: Shape, contender: Contender): string => `${shape.name}, ${contender.name}`;
const deliveredShare = ({ delivered, offered }: Measured): number =>
  offered === 0 ? 0 : delivered / offered;
for (let round = 0; round < rounds; round += 1)
  for (const shape of shapes)
    for (const contender of contenders) {
      const key = keyOf(shape, contender);
      const got = await contender.run(shape, seconds);
      results.set(key, [...(results.get(key) ?? []), got]);
      const cost = cpuSecondsPerMillionPackets(got);
      note(
        `round ${round + 1} of ${rounds}: ${key}: ${cost.toFixed(2)} CPU s/Mpkt, ${(100 * deliveredShare(got)).toFixed(1)} % delivered`,
      );
    }

const rounded = (value: number): number => Math.round(value * 10_000) / 10_000;
const rows = shapes.flatMap((shape) =>
  contenders.map((contender) => {
    const own = results.get(keyOf(shape, contender)) ?? [];
    const ourRuns = results.get(keyOf(shape, ours)) ?? [];
    const of = (value: (one: Measured) => number): number => rounded(median(own.map(value)));
    /** Ours divided by this one's. */
    const ratio = (value: (one: Measured) => number, ourValue = value): number =>
      rounded(median(ourRuns.map((one, round) => ourValue(one) / value(own[round] ?? one))));
    return {
      shape: shape.name,
      server: contender.name,
      packetsPerSecond: of((one) => one.packetsPerSecond),
      audioPacketsPerSecond: of((one) => one.audioPacketsPerSecond),
      deliveredShare: of(deliveredShare),
      latencyP99Ms: of((one) => one.latencyP99Ms),
      cpuShare: of((one) => cpuShare(one)),
      cpuShareOf: Object.fromEntries(
        Object.keys(own[0]?.cpuShareOf ?? {}).map((role) => [role, of((one) => cpuShare(one, [role]))]),
      ),
      cpuSecondsPerMillionPackets: of((one) => cpuSecondsPerMillionPackets(one)),
      /** The headline: all processes of ours. */
      ratioPerPacket: ratio((one) => cpuSecondsPerMillionPackets(one)),
      ratioForTheLoad: ratio((one) => cpuShare(one)),
      /** Only the processes of ours that carry media, against all of the other's. */
      ratioOfMediaPerPacket: ratio(
        (one) => cpuSecondsPerMillionPackets(one),
        (one) => cpuSecondsPerMillionPackets(one, ours.mediaRoles),
      ),
    };
  }),
);
const percent = (share: number): string => `${(100 * share).toFixed(1)} %`;
if (!values.json) {
  const isOurs = (server: string): boolean => server === ours.name;
  for (const line of table([
    // prettier-ignore
    ['', 'packets/s', 'voice', 'delivered', 'p99', 'CPU', 'CPU s/Mpkt', 'ours : this, a packet', 'for the load', 'media only, a packet'],
    ...rows.map((one) => [
      `${one.shape}, ${one.server}`,
      one.packetsPerSecond.toFixed(0),
      one.audioPacketsPerSecond.toFixed(0),
      percent(one.deliveredShare),
      `${one.latencyP99Ms.toFixed(1)} ms`,
      percent(one.cpuShare),
      one.cpuSecondsPerMillionPackets.toFixed(2),
      isOurs(one.server) ? '' : one.ratioPerPacket.toFixed(2),
      isOurs(one.server) ? '' : one.ratioForTheLoad.toFixed(2),
      isOurs(one.server) ? '' : one.ratioOfMediaPerPacket.toFixed(2),
    ]),
  ]))
    console.log(line);
  console.log('\nCPU of each process (share of a core):');
  for (const { shape, server, cpuShareOf } of rows) {
    const parts = Object.entries(cpuShareOf).map(([role, share]) => `${role} ${(100 * share).toFixed(2)} %`);
    console.log(`${shape}, ${server}: ${parts.join(' · ')}`);
  }
  console.log('\nGoals: at most 1.05 × bare mediasoup; at most 0.7 × Janus on W and 0.55 × on M.');
}
for (const { shape, server, deliveredShare: share } of rows)
  if (share < fewestDelivered)
    note(`${shape}, ${server}: only ${percent(share)} arrived, so its cost tells nothing: too slow or busy.`);
console.log(JSON.stringify({ bench: 'engine', rounds, seconds, workers: ours.workers, results: rows }));
