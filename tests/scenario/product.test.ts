import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { processBirth } from '@guildhall/kit';
import { Ok } from '@guildhall/protocol';
import { PortalApi, Product } from '@guildhall/testkit';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';

const cli = fileURLToPath(new URL('../../apps/cli/src/main.ts', import.meta.url));

const isAlive = (pid: number): boolean => processBirth(pid) !== undefined;

const runCli = async (
  args: readonly string[],
  env: NodeJS.ProcessEnv,
): Promise<{ code: number | null; stdout: string; stderr: string }> => {
  const child = spawn(process.execPath, [cli, ...args], {
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let stdout = '';
  let stderr = '';
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => (stdout += chunk));
  child.stderr.setEncoding('utf8').on('data', (chunk: string) => (stderr += chunk));
  const [code] = (await once(child, 'close')) as [number | null];
  return { code, stdout, stderr };
};

describe('the first ten minutes', () => {
  let dataDir: string;
  beforeAll(async () => {
    dataDir = await mkdtemp(join(tmpdir(), 'guildhall-scenario-'));
  });
  afterAll(async () => {
    await rm(dataDir, { recursive: true, force: true });
  });

  test('a second start finds everything again, and SIGTERM ends every process within 5 s', async () => {
    const first = await Product.start({ dataDir });
    const roles = first.facts.processes.map((one) => one.role).toSorted();
    expect(roles).toEqual(['cloud', 'console', 'mmr', 'zctrl']);
    const status = await first.status();
    expect(status.map((one) => one.health)).toEqual(['ok', 'ok', 'ok', 'ok']);
    const pids = status.flatMap((one) => [one.pid, ...one.workers]);
    expect(await first.stop()).toBeLessThan(5_000);
    expect(pids.filter(isAlive)).toEqual([]);

    await using second = await Product.start({ dataDir });
    expect(second.facts.owner).toEqual(first.facts.owner);
    expect(new URL(second.facts.joinUrl).pathname).toBe(new URL(first.facts.joinUrl).pathname);
    const api = new PortalApi(second.facts.portal);
    await api.signIn(second.facts.owner);
  });

  test('whoever changed the passwords that were printed can still start it, and is told no stale one', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'guildhall-scenario-'));
    const first = await Product.start({ dataDir: folder });
    const changed = { portal: 'quiet rivers bend 47', console: 'loud rivers bend 48' };
    const owner = new PortalApi(first.facts.portal);
    await owner.signIn(first.facts.owner);
    await owner.call('PUT', '/api/v1/me/password', Ok, {
      currentPassword: first.facts.owner.password,
      newPassword: changed.portal,
    });
    const admin = new PortalApi(first.facts.console);
    await admin.call('POST', '/api/v1/session', z.unknown(), first.facts.consoleUser);
    await admin.call('PUT', '/api/v1/me/password', Ok, {
      currentPassword: first.facts.consoleUser.password,
      newPassword: changed.console,
    });
    await first.stop();

    const second = await Product.start({ dataDir: folder });
    expect(second.facts.owner).toEqual({ ...first.facts.owner, password: '' });
    expect(second.facts.consoleUser).toEqual({ username: 'admin', password: '' });
    expect(new URL(second.facts.joinUrl).pathname).toBe(new URL(first.facts.joinUrl).pathname);
    const { email } = first.facts.owner;
    await new PortalApi(second.facts.portal).signIn({ email, password: changed.portal });
    await second.stop();
    await rm(folder, { recursive: true, force: true });
  });

  test('a zone of two controllers and three routers starts, is seen as a whole, and ends within 5 s', async () => {
    const zone = await Product.start({ routers: 3, controllers: 2 });
    const status = await zone.status();
    const seen = status.map(({ role, vm, health }) => `${vm} ${role} ${health}`).toSorted();
    expect(seen).toEqual([
      '1 cloud ok',
      '1 console ok',
      '1 mmr ok',
      '1 zctrl ok',
      '2 console ok',
      '2 mmr ok',
      '2 zctrl ok',
      '3 console ok',
      '3 mmr ok',
    ]);
    const pids = status.flatMap((one) => [one.pid, ...one.workers]);
    expect(await zone.stop()).toBeLessThan(5_000);
    expect(pids.filter(isAlive)).toEqual([]);
  });

  test('the owner given by the environment is honoured', async () => {
    const env = {
      GUILDHALL_OWNER_EMAIL: 'boss@example.org',
      GUILDHALL_OWNER_PASSWORD: 'correct horse battery',
    };
    await using product = await Product.start({ env });
    expect(product.facts.owner).toEqual({ email: 'boss@example.org', password: 'correct horse battery' });
    await new PortalApi(product.facts.portal).signIn(product.facts.owner);
  });
});

test.each(['cloud', 'zctrl', 'mmr', 'console'])(
  '`guildhall %s` is that process: what is wrong with its settings is its own word and exit code',
  async (role) => {
    const variable = `GUILDHALL_${role.toUpperCase()}_PORT`;
    const got = await runCli([role], { [variable]: 'x' });
    expect(got.code).toBe(78);
    expect(got.stdout + got.stderr).toContain(variable);
  },
);

describe('what is in the way is said in one line', () => {
  test.each([
    [['--routers', '0'], '--routers takes a number from 1 to 8, not "0".'],
    [['--routers', 'two'], '--routers takes a number from 1 to 8, not "two".'],
    [['--controllers', '3'], '--controllers takes a number from 1 to 2, not "3".'],
    [['--routers', '1', '--controllers', '2'], 'every controller VM runs a router too.'],
  ])('a zone that cannot be: %j', async (args, sentence) => {
    const { code, stderr } = await runCli(['up', ...args], {});
    expect(code).toBe(1);
    expect(stderr).toContain(sentence);
    expect(stderr.trim().split('\n')).toHaveLength(1);
  });

  test('a port that is taken', async () => {
    const dataDir = await mkdtemp(join(tmpdir(), 'guildhall-scenario-'));
    const blocker = createServer().listen(0, '127.0.0.1');
    await once(blocker, 'listening');
    const address = blocker.address();
    const port = typeof address === 'object' && address !== null ? address.port : 0;
    const got = await runCli(['up'], { GUILDHALL_DATA: dataDir, GUILDHALL_PORTAL_PORT: String(port) });
    blocker.close();
    await rm(dataDir, { recursive: true, force: true });
    expect(got.code).toBe(1);
    expect(got.stderr.trim().split('\n')).toHaveLength(1);
    expect(got.stderr).toContain(String(port));
    expect(got.stderr).toContain('GUILDHALL_PORTAL_PORT');
  });

  test.each([
    [{ GUILDHALL_MMR_PORT: '80a' }, 'GUILDHALL_MMR_PORT'],
    [{ GUILDHALL_CONSOLE_PORT: '65536' }, 'GUILDHALL_CONSOLE_PORT'],
  ])('a port that is none: %j', async (env, named) => {
    const got = await runCli(['up'], env);
    expect(got.code).toBe(1);
    expect(got.stderr).toContain(named);
    expect(got.stderr.trim().split('\n')).toHaveLength(1);
  });

  test('a data folder that cannot be one', async () => {
    const got = await runCli(['up'], { GUILDHALL_DATA: cli });
    expect(got.code).toBe(1);
    expect(got.stderr).toContain('GUILDHALL_DATA');
    expect(got.stderr.trim().split('\n')).toHaveLength(1);
  });

  test('a host that is none', async () => {
    const got = await runCli(['up', '--host', 'a;reboot'], {});
    expect(got.code).toBe(1);
    expect(got.stderr).toContain('--host');
  });
});
