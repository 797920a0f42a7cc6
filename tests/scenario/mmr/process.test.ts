import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import { tmpdir } from 'node:os';
import { join as joinPath } from 'node:path';
import {
  generateSigningKey,
  listen,
  publicKeyOf,
  readRunFiles,
  signToken,
  silentLogger,
  systemClock,
  UsedTokens,
  verifyNodeProof,
  type RunFacts,
} from '@guildhall/kit';
import {
  meetingContract,
  NodeIdSchema,
  NodeProofClaims,
  protocolVersions,
  routerAudience,
  seatLifetimeMs,
  TrackIdSchema,
  zoneContract,
  ZoneIdSchema,
} from '@guildhall/protocol';
import { createPeer, isGuildhallError, type InputReceived, type Peer } from '@guildhall/rpc';
import { dialWs } from '@guildhall/rpc/ws-client';
import { attachWsServer } from '@guildhall/rpc/ws-server';
import { until as patiently } from '@guildhall/testkit';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { dtls, microphone } from '../../contract/engine/fixtures.ts';
import { meetingId, openSettings, prt } from './harness.ts';

/** The process as it is started on a node: a real controller link, a real socket, a real media worker. */

type Served = (typeof zoneContract)['a'];
const nodeId = NodeIdSchema.parse('nod_0000000000');
const zoneId = ZoneIdSchema.parse('zon_0000000000');
const origin = 'https://pages.example';

let directory: string;
let server: Server;
let child: ChildProcess;
let key: Awaited<ReturnType<typeof generateSigningKey>>;
let controller: Peer<typeof zoneContract, 'a'>;
let registration: InputReceived<Served, 'register'>;
const checkpoints: InputReceived<Served, 'checkpoint.put'>[] = [];

const until = <T>(what: string, look: () => Promise<T | undefined> | T | undefined) =>
  patiently(what, () => {
    if (child.exitCode !== null) throw new Error(`the process ended while waiting for ${what}`);
    return look();
  });

const runFacts = (): Promise<RunFacts> =>
  until('the run file', async () => (await readRunFiles(joinPath(directory, 'run')))[0]);

const startController = async (): Promise<number> => {
  server = createServer();
  const seen = new UsedTokens(systemClock);
  attachWsServer({
    server,
    path: '/v1/router',
    maxPayloadBytes: 8e6,
    authorize: (request) =>
      verifyNodeProof(request.headers.authorization, {
        schema: NodeProofClaims,
        audience: 'zctrl',
        keysOf: () => [publicKeyOf(key)],
        seen,
        clock: systemClock,
      }),
    onConnection: (pipe) => {
      controller = createPeer({
        contract: zoneContract,
        side: 'a',
        pipe,
        limits: { maxMessageBytes: 8e6 },
        handlers: {
          register: (input) => {
            registration = input;
            return {
              zoneId,
              controllerId: nodeId,
              seatKeys: [publicKeyOf(key)],
              webOrigins: [origin],
              limits: { participantsPerRouter: 200, meetingsPerRouter: 10 },
            };
          },
          'checkpoint.put': (input) => {
            checkpoints.push(input);
            return {};
          },
          'meeting.ended': () => ({}),
          'events.put': () => ({}),
        },
        logger: silentLogger,
      });
    },
  });
  return listen(server, { host: '127.0.0.1', port: 0 });
};

beforeAll(async () => {
  directory = await mkdtemp(joinPath(tmpdir(), 'guildhall-mmr-'));
  key = await generateSigningKey();
  const identity = {
    nodeId,
    accountId: 'acc_0000000000',
    accountName: 'Test',
    zoneId,
    role: 'controller',
    controlUrl: 'http://127.0.0.1:1',
    key,
    tls: { certificatePem: '', keyPem: '', authorityPem: '' },
  };
  const identityFile = joinPath(directory, 'identity.json');
  await writeFile(identityFile, JSON.stringify(identity), { mode: 0o600 });
  const port = await startController();
  child = spawn(process.execPath, ['apps/mmr/src/main.ts'], {
    stdio: ['ignore', process.env['GUILDHALL_TEST_LOGS'] ? 'inherit' : 'ignore', 'inherit'],
    env: {
      ...process.env,
      GUILDHALL_MMR_PORT: '0',
      GUILDHALL_MMR_MEDIA_PORT: '0',
      GUILDHALL_MMR_ICE_TCP_PORT: '0',
      GUILDHALL_MMR_WORKERS: '1',
      GUILDHALL_MMR_IDENTITY_FILE: identityFile,
      GUILDHALL_MMR_RUN_DIR: joinPath(directory, 'run'),
      GUILDHALL_MMR_CONTROLLERS: `ws://127.0.0.1:${port}/v1/router`,
    },
  });
  await runFacts();
  await until('the registration', () => registration);
  await controller.request('meeting.open', {
    meeting: { meetingId, number: '123456789', topic: 'Weekly', settings: openSettings },
    epoch: 1,
    checkpoint: null,
  });
});

afterAll(async () => {
  if (child.exitCode === null) {
    const gone = new Promise((resolve) => child.once('exit', resolve));
    child.kill('SIGTERM');
    await gone;
  }
  server.closeAllConnections();
  server.close();
  await rm(directory, { recursive: true, force: true });
});

const seatFor = (name: string): Promise<string> =>
  signToken({
    key,
    issuer: nodeId,
    audience: routerAudience(registration.routerId),
    typ: 'seat',
    lifetimeMs: seatLifetimeMs,
    clock: systemClock,
    claims: {
      routerId: registration.routerId,
      meetingId,
      participantId: prt(name),
      subject: `usr_${name.padEnd(10, '0')}`,
      name,
      role: 'host',
    },
  });

const comeIn = async (name: string, headers: Record<string, string> = {}) => {
  const url = registration.signallingUrls[0] ?? '';
  const pipe = await dialWs({ url, headers });
  const told: { name: string; data: unknown; atMs: number }[] = [];
  const peer = createPeer({
    contract: meetingContract,
    side: 'b',
    pipe,
    handlers: {},
    limits: { maxMessageBytes: 8e6 },
  });
  peer.onAny((event, data) => told.push({ name: event, data, atMs: performance.now() }));
  const answer = await peer.request('hello', {
    protocol: protocolVersions.max,
    features: [],
    seat: await seatFor(name),
  });
  if (answer.state !== 'joined') throw new Error('expected to come straight in');
  const { epoch, routerRtpCapabilities } = answer.media;
  await peer.request('media.attach', { epoch, rtpCapabilities: routerRtpCapabilities });
  return { peer, told, answer };
};

describe('the router process', () => {
  test('lets people in and hands their sound on', async () => {
    const ann = await comeIn('ann');
    const bob = await comeIn('bob', { origin });
    const transportId = ann.answer.media.send.transportId;
    await ann.peer.request('media.connect', { transportId, dtlsParameters: dtls() });
    await ann.peer.request('media.produce', {
      transportId,
      trackId: TrackIdSchema.parse('trk_process0001'),
      kind: 'audio',
      source: 'mic',
      rtpParameters: microphone(),
      muted: false,
    });
    await until('the consumer', () => bob.told.find(({ name }) => name === 'consumer.added'));
    await ann.peer.request('host.lock', { locked: true });
    expect(checkpoints.at(-1)).toMatchObject({ epoch: 1, checkpoint: { locked: true } });
    ann.peer.close();
    bob.peer.close();
  });

  test('refuses pages of others before a word is said', async () => {
    const error = await dialWs({
      url: registration.signallingUrls[0] ?? '',
      headers: { origin: 'https://evil.example' },
    }).catch((one: unknown) => one);
    expect(isGuildhallError(error)).toBe(true);
  });

  test('a killed worker costs its meetings moments', async () => {
    const ann = await comeIn('ann');
    const [pid] = (await runFacts()).workers ?? [];
    if (pid === undefined) throw new Error('no worker in the run file');
    const killedAtMs = performance.now();
    process.kill(pid, 'SIGKILL');
    const reset = await until('new media', () => ann.told.find(({ name }) => name === 'media.reset'));
    expect(reset.data).toMatchObject({ media: { epoch: 2 } });
    expect(reset.atMs - killedAtMs).toBeLessThan(5_000);
    await until('the new worker in the run file', async () =>
      (await runFacts()).workers?.find((one) => one !== pid),
    );
    ann.peer.close();
  });

  test('on SIGTERM it stores, sends people on, and is gone', async () => {
    const ann = await comeIn('ann');
    await ann.peer.request('name.set', { name: 'Ann the first' });
    const gone = new Promise<number | null>((resolve) => child.once('exit', resolve));
    child.kill('SIGTERM');
    expect(await gone).toBe(0);
    expect((await ann.peer.closed).code).toBe(4503);
    const people = checkpoints.at(-1)?.checkpoint.people ?? [];
    expect(people.map(({ name }) => name)).toContain('Ann the first');
    expect(await readRunFiles(joinPath(directory, 'run'))).toEqual([]);
  });
});
