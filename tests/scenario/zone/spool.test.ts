import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openStore } from '@guildhall/cloud/store';
import { generateSigningKey, publicKeyOf, signNodeProof, systemClock } from '@guildhall/kit';
import { createCsr } from '@guildhall/kit/tls';
import {
  ConnectorTokenAnswer,
  EnrolAnswer,
  Meeting,
  MonitoringEvent,
  ParticipantIdSchema,
  productVersion,
  protocolVersions,
  RouterIdSchema,
  zoneContract,
  type MeetingEvent,
  type OpenMeetingReport,
} from '@guildhall/protocol';
import { createPeer, type Peer } from '@guildhall/rpc';
import { dialWs } from '@guildhall/rpc/ws-client';
import { freePort, PortalApi, until } from '@guildhall/testkit';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { z } from 'zod';
import { idText } from './fake-cloud.ts';
import { FrameRelay } from './frame-relay.ts';

const root = join(import.meta.dirname, '..', '..', '..');
const directory = mkdtempSync(join(tmpdir(), 'guildhall-spool-'));
const owner = { email: 'owner@example.org', password: 'three blind mice' };
const children = new Map<string, ChildProcess>();
const settings = new Map<string, NodeJS.ProcessEnv>();

function run(app: string): void {
  const env = { PATH: process.env['PATH'], ...settings.get(app) };
  const main = join(root, 'apps', app, 'src', 'main.ts');
  children.set(app, spawn(process.execPath, [main], { stdio: ['ignore', 'ignore', 'inherit'], env }));
}
async function kill(app: string): Promise<void> {
  const child = children.get(app);
  children.delete(app);
  if (!child || child.exitCode !== null || child.signalCode !== null) return;
  const gone = once(child, 'exit');
  child.kill('SIGKILL');
  await gone;
}

let cloudPort = 0;
const relay = new FrameRelay(() => cloudPort);
let api: PortalApi;
let dialZone: (running?: readonly OpenMeetingReport[]) => Promise<Peer<typeof zoneContract, 'b'>>;
/** What the router was told to end. */
const toldToEnd: string[] = [];

const cloudAnswers = () =>
  until('the cloud', () =>
    api.raw('GET', '/api/v1/me').then(
      ({ status }) => status < 500,
      () => false,
    ),
  );

beforeAll(async () => {
  cloudPort = await freePort();
  settings.set('cloud', {
    GUILDHALL_CLOUD_PORT: String(cloudPort),
    GUILDHALL_CLOUD_DATA_DIR: join(directory, 'cloud'),
    GUILDHALL_CLOUD_LOG_LEVEL: 'fatal',
    GUILDHALL_OWNER_EMAIL: owner.email,
    GUILDHALL_OWNER_PASSWORD: owner.password,
  });
  run('cloud');
  api = new PortalApi(`http://localhost:${cloudPort}`);
  await cloudAnswers();
  await api.signIn(owner);
  await api.raw('POST', '/api/v1/connector/enable', {});
  const { token } = await api.call('POST', '/api/v1/connector/token', ConnectorTokenAnswer, {});
  const key = await generateSigningKey();
  const { csrPem, keyPem } = await createCsr({ commonName: 'vm-1' });
  const facts = { token, name: 'vm-1', role: 'controller', version: productVersion };
  const enrolled = await api.call('POST', '/control/v1/enrol', EnrolAnswer, {
    ...facts,
    publicKey: publicKeyOf(key),
    csrPem,
  });
  const { certificatePem, authorityPem, ...named } = enrolled;
  const identity = {
    ...named,
    role: 'controller',
    controlUrl: `http://127.0.0.1:${await relay.listen()}`,
    key,
    tls: { certificatePem, keyPem, authorityPem },
  };
  mkdirSync(join(directory, 'node'));
  writeFileSync(join(directory, 'node', 'identity.json'), JSON.stringify(identity));
  const zctrlPort = await freePort();
  settings.set('zctrl', {
    GUILDHALL_ZCTRL_PORT: String(zctrlPort),
    GUILDHALL_ZCTRL_DATA_DIR: join(directory, 'zctrl'),
    GUILDHALL_ZCTRL_IDENTITY_FILE: join(directory, 'node', 'identity.json'),
    GUILDHALL_ZCTRL_LOG_LEVEL: 'fatal',
  });
  run('zctrl');
  const { nodeId } = enrolled;
  const tryDial = async (running: readonly OpenMeetingReport[]) => {
    const proof = await signNodeProof({ key, nodeId, audience: 'zctrl', role: 'mmr', clock: systemClock });
    const headers = { authorization: `Bearer ${proof}` };
    const pipe = await dialWs({ url: `ws://127.0.0.1:${zctrlPort}/v1/router`, headers });
    const unasked = (): never => {
      throw new Error('nobody meets here');
    };
    const handlers = {
      'meeting.open': unasked,
      'meeting.handover': unasked,
      'meeting.merge': unasked,
      'meeting.moved': () => ({}),
      'router.drain': () => ({}),
      'meeting.branch': () => ({}),
      'meeting.update': () => ({ isOpen: true }),
      'meeting.catchUp': () => ({ isOpen: true }),
      'meeting.end': ({ meetingId }: { meetingId: string }) => {
        toldToEnd.push(meetingId);
        return {};
      },
    };
    const peer = createPeer({ contract: zoneContract, side: 'b', pipe, handlers });
    await peer.request('register', {
      protocol: protocolVersions.max,
      features: [],
      routerId: RouterIdSchema.parse(idText('router')),
      nodeId,
      version: productVersion,
      signallingUrls: ['ws://localhost:1/v1/meeting'],
      meetings: [...running],
    });
    return peer;
  };
  dialZone = (running = []) =>
    until('a link to the controller', () => tryDial(running).catch(() => undefined));
});
afterAll(async () => {
  for (const app of ['zctrl', 'cloud']) await kill(app);
  await relay.close();
  rmSync(directory, { recursive: true, force: true });
});

test('what happened while the cloud was away is told once, in order and in full, through kills, a lost answer and repeats', async () => {
  const meetings: Meeting[] = [];
  for (let count = 0; count < 8; count++) meetings.push(await api.createMeeting());
  const router = await dialZone();
  await kill('cloud');

  // Each meeting runs twice. Two people come and go, and come back: only the right order makes the last word right.
  const beganMs = Date.now() - 3_600_000;
  const expected = new Map<string, object>();
  let batch = 0;
  for (const { meetingId } of meetings) {
    for (const epoch of [1, 2]) {
      const startMs = beganMs + epoch * 600_000;
      const people = Array.from({ length: 30 }, () => ParticipantIdSchema.parse(idText('participant')));
      const come = (atMs: number) =>
        people.map((participantId, at): MeetingEvent => {
          const who = { participantId, name: `Person ${at}`, role: 'guest' } as const;
          return { kind: 'participant.joined', meetingId, atMs: atMs + at, ...who };
        });
      const go = (atMs: number, some: typeof people) =>
        some.map((participantId, at): MeetingEvent => {
          return { kind: 'participant.left', meetingId, atMs: atMs + at, participantId, reason: 'left' };
        });
      const events: MeetingEvent[] = [
        { kind: 'meeting.started', meetingId, atMs: startMs },
        ...come(startMs + 1_000),
        ...go(startMs + 2_000, people),
        ...come(startMs + 3_000),
        ...go(startMs + 4_000, people.slice(0, 10)),
      ];
      const batchId = `batch-${++batch}-of-the-spool`;
      await router.request('events.put', { batchId, events });
      // The router repeats what it had no answer to.
      await router.request('events.put', { batchId, events });
      const endMs = startMs + 5_000;
      const end = { meetingId, epoch, reason: 'empty', atMs: endMs } as const;
      await router.request('meeting.ended', end);
      const left = people.map((id, at) => [id, startMs + 1_000 + at, at < 10 ? startMs + 4_000 + at : endMs]);
      expected.set(`${meetingId} ${startMs}`, { endMs, left });
    }
  }
  router.close();

  const seen = { batches: 0, cloudKills: 0, zoneKills: 0 };
  const killed: Promise<void>[] = [];
  const again = async (app: 'cloud' | 'zctrl'): Promise<void> => {
    await kill(app);
    run(app);
  };
  relay.onBatch = () => {
    seen.batches++;
    if (seen.batches % 4 === 1) return 'twice';
    if (seen.batches === 2 || seen.batches === 7) return 'lose-answer';
    if (seen.batches === 4 || seen.batches === 11) {
      seen.cloudKills++;
      killed.push(again('cloud'));
    }
    if (seen.batches === 6 || seen.batches === 14) {
      seen.zoneKills++;
      killed.push(again('zctrl'));
    }
    return 'pass';
  };
  run('cloud');
  await expect
    .poll(
      async () => {
        const path = '/api/v1/connector/monitoring/events/export?format=json&kinds=meeting.ended';
        const answer = await api.raw('GET', path).catch(() => undefined);
        return z.array(z.unknown()).safeParse(answer?.body).data?.length;
      },
      { timeout: 120_000, interval: 250 },
    )
    .toBe(2 * meetings.length);
  await Promise.all(killed);
  expect(seen).toMatchObject({ cloudKills: 2, zoneKills: 2 });
  await cloudAnswers();

  // What the portal shows: each start and each end, once.
  const log = await api.call(
    'GET',
    '/api/v1/connector/monitoring/events/export?format=json',
    z.array(MonitoringEvent),
  );
  const lines = log.filter(({ kind }) => kind.startsWith('meeting.') || kind === 'events.lost');
  const told = lines.map(({ kind, subject, atMs }) => `${kind} ${subject} ${atMs}`).toSorted();
  const runs = [1, 2].map((epoch) => beganMs + epoch * 600_000);
  const wanted = meetings.flatMap(({ meetingId }) =>
    runs.flatMap((startMs) => [
      `meeting.ended ${meetingId} ${startMs + 5_000}`,
      `meeting.started ${meetingId} ${startMs}`,
    ]),
  );
  expect(told).toEqual(wanted.toSorted());
  for (const { number } of meetings) {
    const shown = await api.call('GET', `/api/v1/meetings/${number}`, Meeting);
    expect(shown).toMatchObject({ state: 'past', startedAtMs: runs[1], endReason: 'empty' });
  }

  // And who was there.
  const store = await openStore({ dataDir: join(directory, 'cloud'), newRunId: () => 'none' });
  const found = new Map<string, object>();
  for (const { meetingId } of meetings) {
    for (const one of await store.history.runs(meetingId, 10)) {
      const people = await store.history.participants(one.id);
      const left = people.map(({ participantId, joinedAtMs, leftAtMs }) => [
        participantId,
        joinedAtMs,
        leftAtMs,
      ]);
      found.set(`${meetingId} ${one.startedAtMs}`, { endMs: one.endedAtMs, left });
    }
  }
  await store.close();
  expect(found).toEqual(expected);
}, 240_000);

test('a running meeting that is deleted while no controller is there ends when one is, and its history is whole', async () => {
  relay.onBatch = () => 'pass';
  const [gone, kept] = [await api.createMeeting(), await api.createMeeting()];
  const running = [gone, kept].map(({ meetingId }) => ({
    meetingId,
    epoch: 4_096,
    participants: 1,
    startedAtMs: Date.now(),
  }));
  const before = await dialZone(running);
  await kill('zctrl');
  before.close();
  await api.raw('DELETE', `/api/v1/meetings/${gone.number}`);
  toldToEnd.length = 0;
  run('zctrl');
  const router = await dialZone(running);
  await expect.poll(() => toldToEnd).toEqual([gone.meetingId]);
  await router.request('events.put', {
    batchId: 'batch-after-the-deletion',
    events: [{ kind: 'meeting.started', meetingId: kept.meetingId, atMs: Date.now() }],
  });
  const shown = async () => api.call('GET', `/api/v1/meetings/${kept.number}`, Meeting);
  await expect.poll(async () => (await shown()).state).toBe('running');
  expect(toldToEnd).toEqual([gone.meetingId]);
  router.close();
});
