import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { PortalApi, Product } from '@guildhall/testkit';
import { MeetingList, type Meeting } from '@guildhall/protocol';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { LoadReport } from '../../apps/cli/src/load/types.ts';

// `guildhall load-test` as an administrator runs it, against the product as `guildhall up` starts it.

const main = fileURLToPath(new URL('../../apps/cli/src/main.ts', import.meta.url));

let product: Product;

beforeAll(async () => {
  product = await Product.start();
});
afterAll(async () => {
  await product.stop();
});

interface Ended {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

const loadTest = (args: readonly string[], dataDir = product.dataDir) => {
  const child = spawn(process.execPath, [main, 'load-test', ...args], {
    env: { ...process.env, GUILDHALL_DATA: dataDir },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let out = '';
  let err = '';
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => (out += chunk));
  child.stderr.setEncoding('utf8').on('data', (chunk: string) => (err += chunk));
  const ended = once(child, 'close').then((): Ended => ({ code: child.exitCode, out, err }));
  return { child, ended };
};

const meetings = async (): Promise<Meeting[]> => {
  const owner = new PortalApi(product.facts.portal);
  await owner.signIn(product.facts.owner);
  const list = await owner.call('GET', '/api/v1/meetings', MeetingList);
  return list.meetings.filter(({ topic }) => topic.startsWith('Load test'));
};

test('six bots in one meeting hear and see each other, and nothing is left behind', async () => {
  const { ended } = loadTest(['--participants', '6', '--seconds', '4', '--video-kbps', '600', '--json']);
  const { code, out, err } = await ended;
  expect(err).toBe('');
  const report = LoadReport.parse(JSON.parse(out.trim().split('\n').at(-1) ?? ''));
  expect(report).toMatchObject({ joined: 6, failed: 0, reasons: {}, complete: true });
  // Two publishers: five others see each picture and hear each voice.
  expect(report.video.streams).toBe(10);
  expect(report.delivered).toBeGreaterThan(2_000);
  expect(report.delivered / report.offered).toBeGreaterThanOrEqual(0.99);
  expect(report.latencyMs.p50).toBeGreaterThan(0);
  expect(report.joinMs.p99).toBeGreaterThanOrEqual(report.joinMs.p50);
  expect(report.servers.map(({ role }) => role)).toEqual(
    expect.arrayContaining(['cloud', 'zctrl', 'mmr', 'mmr-worker', 'console']),
  );
  expect(report.cpuSecondsPerMillionPackets).toBeGreaterThan(0);
  expect(code).toBe(0);
  expect(await meetings()).toEqual([]);
});

test('Ctrl-C ends it early, with a report, and cleans up', async () => {
  const { child, ended } = loadTest([
    '--meetings',
    '2',
    '--participants',
    '2',
    '--join-rate',
    '5',
    '--seconds',
    '600',
    '--json',
  ]);
  await expect.poll(async () => (await meetings())[0]?.state, { timeout: 60_000 }).toBe('running');
  child.kill('SIGINT');
  const { code, out } = await ended;
  expect(LoadReport.parse(JSON.parse(out.trim().split('\n').at(-1) ?? '')).complete).toBe(false);
  expect(code).toBe(130);
  expect(await meetings()).toEqual([]);
});

test.each([
  [['--participants', 'many'], /--participants takes a whole number from 1 to 10000, not "many"/u],
  [['--participants', '2', '--publishers', '3'], /--publishers takes a whole number from 0 to 2/u],
  [['--tile-size', 'big'], /--tile-size takes a size such as 640x360/u],
  [['--portal', 'meet.example.org'], /--portal takes an address/u],
  [['--portal', 'http://203.0.113.7'], /not on this machine.*--yes-i-may/u],
  [['--sconds', '3'], /unknown option/u],
])('%j is refused in one line with exit code 2', async (args, sentence) => {
  const { code, err } = await loadTest(args).ended;
  expect(err.trim().split('\n')[0]).toMatch(sentence);
  expect(code).toBe(2);
});

test('without a running zone it says how to get one', async () => {
  const { code, err } = await loadTest([], join(product.dataDir, 'elsewhere')).ended;
  expect(err).toMatch(/npm start/u);
  expect(code).toBe(2);
});
