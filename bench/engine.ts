// The product against bare mediasoup (same worker, same bots) and against Janus, by the CPU of all server processes:
//   npm run bench -- engine [--quick] [--pairs 10] [--seconds 15] [--json] [--without-janus]
// - W: 1 meeting of 100, 5 voices and 2 pictures of 1 Mb/s; everybody gets everything
// - M: 8 meetings of 10, 10 voices and 2 pictures each
// Runs are interleaved (A B C A B C ...), because the machine's speed drifts; ratios are medians of the rounds' own ratios.
import { availableParallelism } from 'node:os';
import { parseArgs } from 'node:util';
import { BotEngine, buildNative, cacheDirOf } from '@guildhall/bots';
import { Product } from '@guildhall/testkit';
import { bareMediasoup } from './support/bare-server.ts';
import { janus } from './support/janus-server.ts';
import { runLoadTest } from './support/load.ts';
import { measured, warmUpMs, type Contender, type Measured, type Shape } from './support/shape.ts';
import { median, table } from './support/table.ts';

const { values } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    pairs: { type: 'string' },
    seconds: { type: 'string' },
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
    ];

const cores = availableParallelism();
if (cores < 2) throw new Error('This benchmark needs two CPUs: one for the servers, one for the bots.');
const serverCores = cores === 2 ? '0' : `0-${cores - 2}`;
const cacheDir = cacheDirOf(process.env);
const binary = await buildNative({ cacheDir, onStep: (text) => process.stderr.write(`  · ${text}\n`) });
const engineOf = (): Promise<BotEngine> => BotEngine.start({ binary, core: cores - 1 });

const guildhall = async (): Promise<Contender> => {
  const product = await Product.start();
  return {
    name: 'guildhall',
    run: async (shape): Promise<Measured> => {
      // prettier-ignore
      const report = await runLoadTest(product, [
        '--pin', '--no-mics', '--no-simulcast', '--talk-always', '--join-rate', '40',
        '--meetings', String(shape.meetings), '--participants', String(shape.people),
        '--publishers', String(shape.voices), '--cameras', String(shape.cameras),
        '--video-kbps', String(shape.videoKbps), '--seconds', String(seconds),
        '--warm-up', String(warmUpMs / 1_000),
      ]);
      const cpuSeconds = report.servers.reduce((sum, server) => sum + server.cpuSeconds, 0);
      return measured(report, cpuSeconds);
    },
    [Symbol.asyncDispose]: () => product[Symbol.asyncDispose](),
  };
};

await using ours = await guildhall();
await using bare = bareMediasoup(engineOf, serverCores);
const other = values['without-janus'] ? null : await janus(engineOf, serverCores);
if (typeof other === 'string') process.stderr.write(`  · ${other}\n`);
const contenders = [ours, bare, ...(other === null || typeof other === 'string' ? [] : [other])];

const results = new Map<string, Measured[]>();
const keyOf = (shape: Shape, contender: Contender): string => `${shape.name}, ${contender.name}`;
for (let round = 0; round < rounds; round += 1)
  for (const shape of shapes)
    for (const contender of contenders) {
      process.stderr.write(`  · round ${round + 1} of ${rounds}: ${keyOf(shape, contender)}\n`);
      const got = await contender.run(shape, seconds);
      const key = keyOf(shape, contender);
      results.set(key, [...(results.get(key) ?? []), got]);
    }
if (other !== null && typeof other !== 'string') await other[Symbol.asyncDispose]();

const rows = shapes.flatMap((shape) =>
  contenders.map((contender) => {
    const own = results.get(keyOf(shape, contender)) ?? [];
    const ourRuns = results.get(keyOf(shape, ours)) ?? [];
    const of = (value: (one: Measured) => number): number => median(own.map(value));
    const ratio = (value: (one: Measured) => number): number =>
      median(ourRuns.map((one, round) => value(one) / value(own[round] ?? one)));
    return {
      shape: shape.name,
      server: contender.name,
      packetsPerSecond: of((one) => one.packetsPerSecond),
      deliveredShare: of((one) => one.delivered / one.offered),
      latencyP99Ms: of((one) => one.latencyP99Ms),
      cpuShare: of((one) => one.cpuShare),
      cpuSecondsPerMillionPackets: of((one) => one.cpuSecondsPerMillionPackets),
      /** Ours divided by this one's. */
      ratioPerPacket: ratio((one) => one.cpuSecondsPerMillionPackets),
      ratioForTheLoad: ratio((one) => one.cpuShare),
    };
  }),
);
if (values.json) console.log(JSON.stringify({ rounds, seconds, results: rows }));
else
  for (const line of table([
    ['', 'packets/s', 'delivered', 'p99', 'CPU', 'CPU s/Mpkt', 'ours : this, a packet', 'for the load'],
    ...rows.map((one) => [
      `${one.shape}, ${one.server}`,
      one.packetsPerSecond.toFixed(0),
      `${(100 * one.deliveredShare).toFixed(1)} %`,
      `${one.latencyP99Ms.toFixed(1)} ms`,
      `${(100 * one.cpuShare).toFixed(1)} %`,
      one.cpuSecondsPerMillionPackets.toFixed(2),
      one.ratioPerPacket.toFixed(2),
      one.ratioForTheLoad.toFixed(2),
    ]),
  ]))
    console.log(line);
process.stderr.write('Goals: at most 1.05 × bare mediasoup, at most 0.7 × Janus (W).\n');
