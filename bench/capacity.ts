// What one router carries, with bots through the product's own signalling, transport-wide congestion control on:
//   npm run bench -- capacity [--quick] [--runs 3] [--seconds 20] [--json]
// - meeting:  one meeting of 200; three talk, one of them sends 1.5 Mb/s; everybody gets everything
// - meetings: 100 meetings of 2, both with voice and picture
// - person:   what one person costs in meetings of 10, 50, 100 and 200 in which everybody has an open microphone, and how
//             many streams of voices each gets: above 12 people as many as there are speaker slots
// Medians over the runs. The servers share all CPUs but one, the bots have that one. Overload shows as latency and as
// packets that were offered and not delivered, hardly ever as loss: read the three together.
import { parseArgs } from 'node:util';
import { Product } from '@guildhall/testkit';
import type { LoadReport } from '../apps/cli/src/load/types.ts';
import { runLoadTest } from './support/load.ts';
import { median, table } from './support/table.ts';

const { values } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    runs: { type: 'string' },
    seconds: { type: 'string' },
    json: { type: 'boolean', default: false },
  },
});
const runs = Number(values.runs ?? (values.quick ? 1 : 3));
const seconds = values.seconds ?? (values.quick ? '8' : '20');
const people = values.quick ? [10, 50] : [10, 50, 100, 200];
const common = ['--pin', '--seconds', seconds, '--join-rate', '40', '--warm-up', '8'];

interface Case {
  readonly name: string;
  readonly people: number;
  readonly args: readonly string[];
}

const cases: readonly Case[] = [
  {
    name: 'one meeting of 200',
    people: 200,
    args: ['--participants', '200', '--publishers', '3', '--cameras', '1', '--video-kbps', '1500'],
  },
  {
    name: '100 meetings of 2',
    people: 200,
    args: ['--meetings', '100', '--participants', '2', '--video-kbps', '600'],
  },
  ...people.map((count) => ({
    name: `everybody may talk, ${count}`,
    people: count,
    args: ['--participants', String(count), '--publishers', String(count), '--cameras', '0', '--tiles', '0'],
  })),
];

const serverSeconds = ({ servers }: LoadReport): number =>
  servers.reduce((sum, { cpuSeconds }) => sum + cpuSeconds, 0);

const summary = ({ name, people: count }: Case, reports: readonly LoadReport[]) => {
  const of = (value: (report: LoadReport) => number): number => median(reports.map(value));
  return {
    name,
    joined: of(({ joined }) => joined),
    failed: of(({ failed }) => failed),
    joinP95Ms: of(({ joinMs }) => joinMs.p95),
    voicesEach: of(({ audio }) => audio.streams / count),
    packetsPerSecond: of((report) => report.delivered / report.seconds),
    deliveredShare: of(({ delivered, offered }) => (offered === 0 ? 1 : delivered / offered)),
    latencyP50Ms: of(({ latencyMs }) => latencyMs.p50),
    latencyP99Ms: of(({ latencyMs }) => latencyMs.p99),
    routerCpuShare: of((report) => serverSeconds(report) / report.seconds),
    botsCpuShare: of(({ bots, seconds: measured }) => bots.cpuSeconds / measured),
    cpuMsPerPersonSecond: of((report) => (serverSeconds(report) / report.seconds / count) * 1_000),
    cpuSecondsPerMillionPackets: of((report) => report.cpuSecondsPerMillionPackets ?? 0),
  };
};

await using product = await Product.start();
const reports = new Map<Case, LoadReport[]>(cases.map((one) => [one, []]));
for (let run = 0; run < runs; run += 1)
  for (const [one, got] of reports) {
    process.stderr.write(`  · run ${run + 1} of ${runs}: ${one.name}\n`);
    got.push(await runLoadTest(product, [...common, ...one.args]));
  }
const results = cases.map((one) => summary(one, reports.get(one) ?? []));
if (!values.json) {
  const percent = (share: number): string => `${(100 * share).toFixed(1)} %`;
  for (const line of table([
    // prettier-ignore
    ['', 'in/failed', 'join p95', 'voices each', 'packets/s', 'delivered', 'p50', 'p99', 'router CPU', 'bots CPU', 'per person', 'per Mpkt'],
    ...results.map((one) => [
      one.name,
      `${one.joined}/${one.failed}`,
      `${one.joinP95Ms} ms`,
      one.voicesEach.toFixed(1),
      one.packetsPerSecond.toFixed(0),
      percent(one.deliveredShare),
      `${one.latencyP50Ms.toFixed(1)} ms`,
      `${one.latencyP99Ms.toFixed(1)} ms`,
      percent(one.routerCpuShare),
      percent(one.botsCpuShare),
      `${one.cpuMsPerPersonSecond.toFixed(2)} ms/s`,
      `${one.cpuSecondsPerMillionPackets.toFixed(1)} s`,
    ]),
  ]))
    console.log(line);
}
console.log(JSON.stringify({ bench: 'capacity', runs, seconds: Number(seconds), results }));
