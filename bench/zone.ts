// One zone controller and many routers on the fake engine, on this machine:
//   npm run bench -- zone [--routers 200] [--meetings 2000] [--people 4] [--at-once 50] [--json]
// - place: `POST /v1/join` that opens a meeting (placement, order to the router, its answer); join: into one that is open
// - enter: with the seat to the router, until `hello` is answered
// - the controller's memory and CPU with the zone full, and while everybody joins
import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { generateSigningKey } from '@guildhall/kit';
import { meetingContract, protocolVersions, ZoneJoinAnswer, type NodeIdentity } from '@guildhall/protocol';
import { createPeer } from '@guildhall/rpc';
import { dialWs } from '@guildhall/rpc/ws-client';
import { freePortBlock, openSettings } from '@guildhall/testkit';
import { FakeCloud, idText } from '../tests/scenario/zone/fake-cloud.ts';

const { values } = parseArgs({
  options: {
    routers: { type: 'string', default: '200' },
    meetings: { type: 'string', default: '2000' },
    people: { type: 'string', default: '4' },
    'at-once': { type: 'string', default: '50' },
    json: { type: 'boolean', default: false },
  },
});
const [routers, meetings, people, atOnce] = [
  Number(values.routers),
  Number(values.meetings),
  Number(values.people),
  Number(values['at-once']),
];

const root = fileURLToPath(new URL('..', import.meta.url));
const quantile = (sorted: readonly number[], q: number): number =>
  Math.round((sorted[Math.min(sorted.length - 1, Math.ceil(q * sorted.length) - 1)] ?? Number.NaN) * 10) / 10;
const summary = (samples: readonly number[]) => {
  const sorted = samples.toSorted((a, b) => a - b);
  return {
    p50: quantile(sorted, 0.5),
    p95: quantile(sorted, 0.95),
    p99: quantile(sorted, 0.99),
    n: sorted.length,
  };
};

/** CPU seconds of user and system, and resident memory. Source: proc(5). */
const usage = (pid: number): { cpuSeconds: number; rssMb: number } => {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  const rssKb = Number(/VmRSS:\s+(\d+)/u.exec(status)?.[1]);
  return { cpuSeconds: (Number(fields[11]) + Number(fields[12])) / 100, rssMb: Math.round(rssKb / 1024) };
};

const specOf = (index: number) => ({
  meetingId: idText('meeting'),
  number: String(100_000_000 + index),
  topic: `Meeting ${index}`,
  settings: openSettings,
});

const directory = mkdtempSync(join(tmpdir(), 'guildhall-bench-zone-'));
const children: ChildProcess[] = [];
const cloud = new FakeCloud();
try {
  await cloud.start();
  const store = (name: string, identity: NodeIdentity): string => {
    const path = join(directory, name);
    writeFileSync(path, JSON.stringify(identity), { mode: 0o600 });
    return path;
  };
  const identityFile = store('controller.json', cloud.enlist('controller', await generateSigningKey()));
  for (let index = 0; index < routers; index += 1)
    store(`router-${index}.json`, cloud.enlist('mmr', await generateSigningKey()));

  const port = await freePortBlock(1);
  const zctrl = spawn(process.execPath, [join(root, 'apps/zctrl/src/main.ts')], {
    env: {
      PATH: process.env['PATH'],
      GUILDHALL_ZCTRL_PORT: String(port),
      GUILDHALL_ZCTRL_IDENTITY_FILE: identityFile,
      GUILDHALL_ZCTRL_DATA_DIR: join(directory, 'zctrl'),
      GUILDHALL_ZCTRL_LOG_LEVEL: 'error',
    },
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  children.push(zctrl);
  const pid = zctrl.pid ?? 0;
  const zone = spawn(
    process.execPath,
    [join(root, 'bench/zone/routers.ts'), directory, `ws://127.0.0.1:${port}/v1/router`],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  );
  children.push(zone);
  const startedMs = performance.now();
  await once(zone.stdout, 'data');
  while ((cloud.reports.at(-1)?.routers.filter(({ state }) => state === 'connected').length ?? 0) < routers)
    await sleep(50);
  const allLinkedMs = Math.round(performance.now() - startedMs);

  const enter = async (answer: ZoneJoinAnswer): Promise<void> => {
    const [url = ''] = answer.routerUrls;
    const pipe = await dialWs({ url, headers: { origin: 'http://localhost:8080' } });
    const peer = createPeer({ contract: meetingContract, side: 'b', pipe, handlers: {} });
    await peer.request('hello', { protocol: protocolVersions.max, features: [], seat: answer.seat });
  };
  const joinOne = async (ticket: string, joins: number[], enters: number[]): Promise<void> => {
    const beganMs = performance.now();
    const response = await fetch(`http://127.0.0.1:${port}/v1/join`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', origin: 'http://localhost:8080' },
      body: JSON.stringify({ ticket }),
    });
    if (!response.ok) throw new Error(`join: ${response.status} ${await response.text()}`);
    const answer = ZoneJoinAnswer.parse(await response.json());
    const seatedMs = performance.now();
    joins.push(seatedMs - beganMs);
    await enter(answer);
    enters.push(performance.now() - seatedMs);
  };
  /** Each of the tickets once, `atOnce` at a time. */
  const joinAll = async (tickets: string[]) => {
    const joins: number[] = [];
    const enters: number[] = [];
    const before = usage(pid);
    const beganMs = performance.now();
    const waiting = tickets.toReversed();
    const worker = async (): Promise<void> => {
      for (let next = waiting.pop(); next !== undefined; next = waiting.pop())
        await joinOne(next, joins, enters);
    };
    await Promise.all(Array.from({ length: atOnce }, worker));
    const seconds = (performance.now() - beganMs) / 1000;
    const after = usage(pid);
    return {
      joinMs: summary(joins),
      enterMs: summary(enters),
      joinsPerSecond: Math.round(tickets.length / seconds),
      controllerCpu: Math.round((100 * (after.cpuSeconds - before.cpuSeconds)) / seconds) / 100,
    };
  };

  const specs = Array.from({ length: meetings }, (_, index) => specOf(index));
  const first = await Promise.all(specs.map((spec) => cloud.ticket(spec)));
  const opening = await joinAll(first);
  const joining: Awaited<ReturnType<typeof joinAll>>[] = [];
  if (people > 1) {
    const more = Array.from({ length: people - 1 }, () => specs).flat();
    joining.push(await joinAll(await Promise.all(more.map((spec) => cloud.ticket(spec)))));
  }
  await sleep(5_000);
  const before = usage(pid);
  await sleep(10_000);
  const after = usage(pid);
  const result = {
    routers,
    meetings,
    participants: meetings * people,
    allLinkedMs,
    opening,
    joining: joining[0] ?? null,
    full: {
      controllerCpu: Math.round(after.cpuSeconds * 100 - before.cpuSeconds * 100) / 1000,
      rssMb: after.rssMb,
    },
  };
  if (values.json) console.log(JSON.stringify(result));
  else {
    const row = (what: string, { p50, p95, p99, n }: ReturnType<typeof summary>): string =>
      `${what.padEnd(44)} p50 ${p50} ms   p95 ${p95} ms   p99 ${p99} ms   n ${n}`;
    console.log(`${routers} routers linked and reporting after ${allLinkedMs} ms`);
    console.log(row('join that opens its meeting', opening.joinMs));
    console.log(row('from the seat into the meeting', opening.enterMs));
    console.log(`  ${opening.joinsPerSecond} a second, controller at ${opening.controllerCpu} of a core`);
    for (const one of joining) {
      console.log(row('join of a meeting that is open', one.joinMs));
      console.log(row('from the seat into the meeting', one.enterMs));
      console.log(`  ${one.joinsPerSecond} a second, controller at ${one.controllerCpu} of a core`);
    }
    console.log(
      `full zone (${meetings} meetings, ${meetings * people} people): controller at ${result.full.controllerCpu} of a core, ${result.full.rssMb} MB`,
    );
  }
} finally {
  for (const child of children) child.kill('SIGKILL');
  await cloud.stop();
  rmSync(directory, { recursive: true, force: true });
}
process.exit();
