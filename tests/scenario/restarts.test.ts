import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { processBirth, readRunFiles } from '@guildhall/kit';
import { ConsoleStatus, JoinAnswer } from '@guildhall/protocol';
import { freePortBlock, PortalApi, Product } from '@guildhall/testkit';
import { expect, test } from 'vitest';
import { z } from 'zod';

const root = fileURLToPath(new URL('../..', import.meta.url));

/** One that has ended and only waits to be collected by whoever inherited it counts as gone. */
const isThere = (pid: number): boolean => processBirth(pid) !== undefined;

/** Every process of the product, media workers included, by its id. */
const pidsOf = async (product: Product): Promise<number[]> =>
  (await product.status()).flatMap((one) => [one.pid, ...one.workers]);

/** @returns those which are left after 5 s */
const leftAfterFiveSeconds = async (pids: readonly number[]): Promise<number[]> => {
  const byMs = performance.now() + 5_000;
  const left = (): number[] => pids.filter(isThere);
  while (left().length > 0 && performance.now() < byMs) await new Promise((wake) => setTimeout(wake, 20));
  return left();
};

const signIn = async (product: Product): Promise<PortalApi> => {
  const vm = new PortalApi(new URL(product.facts.console).origin);
  await vm.call('POST', '/api/v1/session', z.unknown(), product.facts.consoleUser);
  return vm;
};

test('kill -9 of the console with a meeting running: the next one takes over what runs', async () => {
  await using product = await Product.start();
  const api = new PortalApi(product.facts.portal);
  await api.signIn(product.facts.owner);
  const { number } = await api.createMeeting();
  const { ticket, controllers } = await api.call('POST', `/api/v1/meetings/${number}/join`, JoinAnswer, {});
  const joined = await fetch(`${controllers[0]}/v1/join`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ ticket }),
  });
  expect(joined.status).toBe(200);
  const statusOf = (api: PortalApi) => api.call('GET', '/api/v1/status', ConsoleStatus);
  const firstSession = await signIn(product);
  await expect.poll(async () => (await statusOf(firstSession)).meetings).toBe(1);
  const before = await statusOf(firstSession);

  process.kill(product.pidOf('console'), 'SIGKILL');
  await expect
    .poll(async () => (await product.status()).find(({ role }) => role === 'console')?.health)
    .toBe('ok');
  const vm = await signIn(product);
  const facts = ({ services }: z.output<typeof ConsoleStatus>) =>
    services.map(({ name, pid, state, sinceMs, version }) => ({ name, pid, state, sinceMs, version }));
  await expect.poll(async () => facts(await statusOf(vm))).toEqual(facts(before));
  await expect.poll(async () => (await statusOf(vm)).meetings).toBe(1);

  // What went over the pipe to a child goes over the admin port.
  await vm.call('POST', '/api/v1/services/mmr/drain', ConsoleStatus, {});
  const drained = async () => {
    const { services } = await statusOf(vm);
    return services.find(({ name }) => name === 'mmr')?.drain?.meetings;
  };
  await expect.poll(drained).toBe(1);
  await vm.call('POST', '/api/v1/services/mmr/drain/cancel', ConsoleStatus, {});
  const stopped = await vm.call('POST', '/api/v1/services/mmr/stop', ConsoleStatus, { confirmed: true });
  expect(stopped.services.find(({ name }) => name === 'mmr')).toMatchObject({ state: 'stopped', pid: null });
  expect(isThere(product.pidOf('mmr'))).toBe(false);
  await vm.call('POST', '/api/v1/services/mmr/start', ConsoleStatus, {});

  const lines = (await readFile(join(product.dataDir, 'logs', 'console.log'), 'utf8')).split('\n');
  expect(lines.filter((line) => line.includes('"console is ready"'))).toHaveLength(2);

  // What a console that is gone had started ends with `up` too.
  const pids = await pidsOf(product);
  expect(await product.stop()).toBeLessThan(5_000);
  expect(await leftAfterFiveSeconds(pids)).toEqual([]);
});

test('kill -9 of `guildhall up` leaves nothing behind', async () => {
  const product = await Product.start();
  const pids = await pidsOf(product);
  process.kill(product.pid, 'SIGKILL');
  expect(await leftAfterFiveSeconds(pids)).toEqual([]);
  await product.stop();
});

test('SIGTERM to npm ends everything that `npm start` began', async () => {
  const dataDir = await mkdtemp(join(tmpdir(), 'guildhall-npm-'));
  const base = await freePortBlock(32);
  const npm = spawn('npm', ['start', '--', '--json'], {
    cwd: root,
    stdio: ['ignore', 'pipe', 'ignore'],
    env: {
      ...process.env,
      GUILDHALL_DATA: dataDir,
      GUILDHALL_PORTAL_PORT: String(base),
      GUILDHALL_ZCTRL_PORT: String(base + 1),
      GUILDHALL_MMR_PORT: String(base + 2),
      GUILDHALL_CONSOLE_PORT: String(base + 3),
      GUILDHALL_MEDIA_PORT: String(base + 10),
    },
  });
  let printed = '';
  npm.stdout.setEncoding('utf8').on('data', (text: string) => (printed += text));
  await expect.poll(() => printed, { timeout: 120_000 }).toContain('"joinUrl"');
  const running = await readRunFiles(join(dataDir, 'run'));
  expect(running.map(({ role }) => role).toSorted()).toEqual(['cloud', 'console', 'mmr', 'zctrl']);
  const pids = running.flatMap(({ pid, workers = [] }) => [pid, ...workers]);
  const gone = once(npm, 'exit');
  npm.kill('SIGTERM');
  expect(await leftAfterFiveSeconds(pids)).toEqual([]);
  await gone;
  await rm(dataDir, { recursive: true, force: true });
});
