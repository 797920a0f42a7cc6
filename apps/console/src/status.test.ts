import { createServer } from 'node:http';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FakeClock, listen, writeRunFile } from '@guildhall/kit';
import { ConsoleStatus, productVersion } from '@guildhall/protocol';
import { afterEach, expect, test } from 'vitest';
import { createProbe } from './services/zone-probe.ts';
import { consoleStatus } from './status.ts';

const cleanups: (() => void)[] = [];
afterEach(() => {
  for (const cleanup of cleanups.splice(0)) cleanup();
});

test('a version older than the account allows is told with the date, and the pair with its state, as the zone controller knows them', async () => {
  const clock = new FakeClock();
  const runDir = mkdtempSync(join(tmpdir(), 'console-status-'));
  cleanups.push(() => rmSync(runDir, { recursive: true, force: true }));
  let policy: unknown = null;
  let pair: unknown;
  const server = createServer((_request, response) => response.end(JSON.stringify({ policy, pair })));
  cleanups.push(() => {
    server.closeAllConnections();
    server.close();
  });
  const adminPort = await listen(server, { host: '127.0.0.1', port: 0 });
  await writeRunFile(runDir, { role: 'zctrl', pid: process.pid, ports: {}, adminPort, startedAt: 1 });
  const zctrl = {
    name: 'zctrl',
    state: 'running',
    sinceMs: 1,
    pid: process.pid,
    version: productVersion,
    restarts: 0,
    lastExit: null,
    wanted: 'running',
  } as const;
  const nothing = { controlUrl: null, nodeId: null, accountId: null, accountName: null, zoneId: null };
  const status = async () =>
    ConsoleStatus.parse(
      await consoleStatus({
        limits: { use: () => undefined },
        supervisor: { status: [zctrl] },
        drain: { current: undefined },
        pairer: { state: { paired: false, ...nothing, role: null } },
        probe: createProbe(runDir),
        clock,
      }),
    );
  const outdated = async () => (await status()).outdated;
  expect(await outdated()).toBeUndefined();
  policy = { minimumVersion: { version: productVersion, fromMs: 5 } };
  expect(await outdated()).toBeUndefined();
  policy = { minimumVersion: { version: '99.0.0', fromMs: 5 } };
  expect(await outdated()).toEqual({ minimum: '99.0.0', fromMs: 5 });

  expect(await status()).not.toHaveProperty('pair');
  pair = { state: 'single', sinceMs: 3, peerId: null };
  expect(await status()).not.toHaveProperty('pair');
  pair = { state: 'alone', sinceMs: 3, peerId: 'nod_0000000001' };
  expect((await status()).pair).toEqual({ state: 'alone', sinceMs: 3 });
});

test('a server that runs only a router tells what its controllers said to it', async () => {
  const runDir = mkdtempSync(join(tmpdir(), 'console-status-'));
  cleanups.push(() => rmSync(runDir, { recursive: true, force: true }));
  let state: unknown = {};
  const server = createServer((_request, response) => response.end(JSON.stringify(state)));
  cleanups.push(() => {
    server.closeAllConnections();
    server.close();
  });
  const adminPort = await listen(server, { host: '127.0.0.1', port: 0 });
  await writeRunFile(runDir, { role: 'mmr', pid: process.pid, ports: {}, adminPort, startedAt: 1 });
  const mmr = {
    name: 'mmr',
    state: 'running',
    sinceMs: 1,
    pid: process.pid,
    version: productVersion,
    restarts: 0,
    lastExit: null,
    wanted: 'running',
  } as const;
  const nothing = { controlUrl: null, nodeId: null, accountId: null, accountName: null, zoneId: null };
  const status = async () =>
    ConsoleStatus.parse(
      await consoleStatus({
        limits: { use: () => undefined },
        supervisor: { status: [mmr] },
        drain: { current: undefined },
        pairer: { state: { paired: false, ...nothing, role: null } },
        probe: createProbe(runDir),
        clock: new FakeClock(),
      }),
    );
  const url = 'wss://zone:443/v1/router';
  state = { controllers: [{ url, state: 'connected' }], policy: {} };
  expect(await status()).not.toMatchObject({ otherZone: expect.anything() });
  state = {
    controllers: [{ url, state: 'connected' }],
    policy: { minimumVersion: { version: '99.0.0', fromMs: 5 } },
  };
  expect((await status()).outdated).toEqual({ minimum: '99.0.0', fromMs: 5 });
  state = { controllers: [{ url, state: 'waiting', failure: 'node.unknown' }] };
  expect((await status()).otherZone).toBe(true);
  state = {
    controllers: [
      { url, state: 'waiting', failure: 'node.unknown' },
      { url, state: 'connected' },
    ],
  };
  expect((await status()).otherZone).toBeUndefined();
  state = { controllers: [{ url, state: 'waiting', failure: 'link.unreachable' }] };
  expect((await status()).otherZone).toBeUndefined();
});
