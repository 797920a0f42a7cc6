import { generateSigningKey, signToken } from '@guildhall/kit';
import { isIssuedBy } from '@guildhall/kit/tls';
import {
  Connector,
  EnrolAnswer,
  Meeting,
  MeetingIdSchema,
  ParticipantIdSchema,
  newIdText,
  type MeetingEvent,
} from '@guildhall/protocol';
import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { signedIn, startCloud, Person, type TestCloud } from './cloud.ts';
import {
  askToEnrol,
  connectController,
  dialControl,
  enableConnector,
  enrol,
  goLive,
  openGateway,
  proofOf,
  registration,
  type TestNode,
} from './node.ts';

let cloud: TestCloud;
let boss: Person;
let token: string;
let node: TestNode;
beforeAll(async () => {
  cloud = await startCloud({ config: { controlPort: 0, gatewayPort: 0 } });
  boss = await signedIn(cloud);
  token = await enableConnector(boss);
  node = await enrol(cloud, token);
});
afterAll(() => cloud.close());

const connector = async (): Promise<Connector> =>
  (await boss.call('GET', '/api/v1/connector')).parse(Connector);
const create = async (): Promise<Meeting> => (await boss.call('POST', '/api/v1/meetings', {})).parse(Meeting);

describe('enrolment', () => {
  test('gives a certificate of the account’s authority, and the same node for the same key', async () => {
    const { certificatePem, authorityPem, nodeId } = node.facts;
    expect(isIssuedBy(certificatePem, authorityPem)).toBe(true);
    const again = (await askToEnrol(cloud, token, node.key)).parse(EnrolAnswer);
    expect(again.nodeId).toBe(nodeId);
    const other = await enrol(cloud, token, 'mmr');
    expect(other.facts.nodeId).not.toBe(nodeId);
    // Cloned machines share a host name; in the portal each has its own.
    expect((await connector()).nodes).toMatchObject([
      { nodeId, name: 'vm-1', state: 'enrolled' },
      { name: 'vm-1 2', role: 'mmr' },
    ]);
  });

  test('a new token ends the old one, and touches no enrolled node', async () => {
    const before = token;
    token = await enableConnector(boss);
    const answer = await askToEnrol(cloud, before, await generateSigningKey());
    expect([answer.status, answer.code, answer.field]).toEqual([403, 'connector.wrong-token', 'token']);
    const { link } = await connectController(cloud, node);
    link.close();
  });

  test('refuses a broken request and leaves no node behind', async () => {
    const count = (await connector()).nodes.length;
    const key = await generateSigningKey();
    for (const change of [
      { csrPem: 'junk' },
      { publicKey: { kty: 'oct', k: 'secret' } },
      { name: 'vm\nroot' },
      { role: 'king' },
      { extra: 1 },
      { token: 'ght_short' },
    ]) {
      const answer = await askToEnrol(cloud, token, key, change);
      expect([answer.status, answer.code]).toEqual([400, 'request.invalid']);
    }
    expect((await connector()).nodes).toHaveLength(count);
  });

  test('guessing tokens is slowed down', async () => {
    const key = await generateSigningKey();
    const guess = `ght_${'0'.repeat(48)}`;
    let code: string | undefined;
    for (let i = 0; i < 12; i++) ({ code } = await askToEnrol(cloud, guess, key));
    expect(code).toBe('rate.limited');
    cloud.clock.offsetMs += 3_600_000;
  });
});

describe('the control link', () => {
  test('gives the policy, shows the controller as connected, and its routers', async () => {
    const { link, policy } = await connectController(cloud, node);
    expect(policy).toMatchObject({
      mode: 'test',
      zoneId: node.facts.zoneId,
      webOrigins: [cloud.url, expect.any(String)],
    });
    expect(policy.nodes.map((one) => one.nodeId)).toContain(node.facts.nodeId);
    const load = { participants: 3, meetings: 1, workerCpu: 0.5, bitrateInBps: 0, bitrateOutBps: 0 };
    const router = {
      routerId: newIdText('router', randomBytes),
      nodeId: node.facts.nodeId,
      version: '0.1.0',
    };
    link.emit('status.reported', {
      routers: [{ ...router, state: 'connected', load, sinceMs: 1 }],
      meetings: 1,
      participants: 3,
    });
    await expect
      .poll(async () => (await connector()).routers)
      .toMatchObject([{ ...router, participants: 3 }]);
    expect((await connector()).nodes[0]).toMatchObject({ state: 'connected', meetings: 1, participants: 3 });
    link.close();
    await expect.poll(async () => (await connector()).nodes[0]?.state).toBe('unreachable');
  });

  test('pushes a new policy when a fact changes, with a higher revision', async () => {
    const { link, policy } = await connectController(cloud, node);
    const pushed = new Promise<{ rev: number; mode: string }>((resolve) => {
      link.on('policy.changed', (data) => resolve(data.policy));
    });
    await goLive(boss, link, node);
    expect(await pushed).toMatchObject({ mode: 'production', rev: policy.rev + 1 });
    const enrolled = new Promise<number>((resolve) => {
      link.on('policy.changed', (data) => resolve(data.policy.nodes.length));
    });
    await enrol(cloud, token, 'mmr');
    expect(await enrolled).toBe(policy.nodes.length + 1);
    link.close();
  });

  test('on a port of its own', async () => {
    const { control } = cloud.ports;
    const link = await dialControl(
      cloud,
      await proofOf(cloud, node),
      control === undefined ? {} : { port: control },
    );
    const { policy } = await link.request('register', registration(node));
    expect(policy.zoneId).toBe(node.facts.zoneId);
    link.close();
  });

  test('the newest link of a node wins', async () => {
    const first = await connectController(cloud, node);
    const second = await connectController(cloud, node);
    expect((await first.link.closed).code).toBe(4409);
    expect(second.link.isClosed).toBe(false);
    expect((await connector()).nodes[0]?.state).toBe('connected');
    second.link.close();
  });

  test('refuses who cannot prove itself', async () => {
    const stranger: TestNode = { key: await generateSigningKey(), facts: node.facts };
    const unknown: TestNode = {
      key: node.key,
      facts: { ...node.facts, nodeId: EnrolAnswer.shape.nodeId.parse(newIdText('node', randomBytes)) },
    };
    const mmr = await enrol(cloud, token, 'mmr');
    const used = await proofOf(cloud, node);
    (await dialControl(cloud, used)).close();
    const expired = await proofOf(cloud, node);
    const claims = { key: node.key, issuer: node.facts.nodeId, audience: 'control', clock: cloud.clock };
    const long = await signToken({
      ...claims,
      typ: 'node-proof',
      lifetimeMs: 3_600_000,
      claims: { sub: 'zctrl' },
    });
    const otherKind = await signToken({
      ...claims,
      typ: 'seat',
      lifetimeMs: 60_000,
      claims: { sub: 'zctrl' },
    });
    const attempts = [
      [await proofOf(cloud, stranger), 'node.bad-proof'],
      [await proofOf(cloud, unknown), 'node.unknown'],
      [await proofOf(cloud, mmr), 'node.bad-proof'],
      [await proofOf(cloud, node, { role: 'mmr' }), 'node.bad-proof'],
      [await proofOf(cloud, node, { audience: 'zctrl' }), 'node.bad-proof'],
      [used, 'auth.replayed'],
      [long, 'node.bad-proof'],
      [otherKind, 'node.bad-proof'],
      ['a.b.c', 'node.bad-proof'],
      ['', 'node.bad-proof'],
    ] as const;
    for (const [proof, code] of attempts)
      await expect(dialControl(cloud, proof)).rejects.toMatchObject({ code });
    cloud.clock.offsetMs += 121_000;
    await expect(dialControl(cloud, expired)).rejects.toMatchObject({ code: 'node.bad-proof' });
  });

  test('wants to be registered first, with the own name and a version it speaks', async () => {
    const link = await dialControl(cloud, await proofOf(cloud, node));
    const early = link.request('events.push', {
      outboxEpoch: 'epoch-00',
      events: [{ seq: 1, event: started(await create()) }],
    });
    await expect(early).rejects.toMatchObject({ code: 'protocol.hello-required' });
    const other = {
      ...registration(node),
      nodeId: EnrolAnswer.shape.nodeId.parse(newIdText('node', randomBytes)),
    };
    await expect(link.request('register', other)).rejects.toMatchObject({ code: 'node.bad-proof' });
    const future = { ...registration(node), protocol: 99 };
    await expect(link.request('register', future)).rejects.toMatchObject({ code: 'protocol.version' });
    link.close();
  });
});

const started = ({ meetingId }: Meeting): MeetingEvent => ({
  kind: 'meeting.started',
  meetingId,
  atMs: cloud.clock.now(),
});
const ended = ({ meetingId }: Meeting): MeetingEvent => ({
  kind: 'meeting.ended',
  meetingId,
  atMs: cloud.clock.now(),
  reason: 'ended-by-host',
});

describe('what happens in a meeting', () => {
  test('reaches its host at once and the history once, whatever is repeated', async () => {
    const { link } = await connectController(cloud, node);
    const meeting = await create();
    const page = await openGateway(cloud, boss);
    const heard: string[] = [];
    page.onAny((name) => heard.push(name));
    await page.request('hello', { protocol: 1, features: [] });
    const participantId = ParticipantIdSchema.parse(newIdText('participant', randomBytes));
    const joined: MeetingEvent = {
      kind: 'participant.joined',
      meetingId: meeting.meetingId,
      atMs: cloud.clock.now(),
      participantId,
      name: 'Ana',
      role: 'guest',
    };
    const batch = {
      outboxEpoch: 'epoch-01',
      events: [started(meeting), joined].map((event, i) => ({ seq: i + 1, event })),
    };
    expect(await link.request('events.push', batch)).toEqual({ ackedSeq: 2 });
    expect(await link.request('events.push', batch)).toEqual({ ackedSeq: 2 });
    await expect.poll(() => heard).toEqual(['meeting.started', 'meetings.changed']);
    const path = `/api/v1/meetings/${meeting.number}`;
    expect((await boss.call('GET', path)).parse(Meeting).state).toBe('running');
    // Nobody asked the cloud before it began (a pass let them in): whoever asks now is sent to the same zone.
    expect(await cloud.store.zones.ofMeeting(meeting.meetingId)).toMatchObject({ zoneId: node.facts.zoneId });

    // A page that comes later, or comes back, is told what runs.
    const late = await openGateway(cloud, boss, {
      ...(cloud.ports['gateway'] !== undefined && { port: cloud.ports['gateway'] }),
    });
    const replay = new Promise((resolve) => void late.on('meeting.started', resolve));
    await late.request('hello', { protocol: 1, features: [] });
    expect(await replay).toMatchObject({ number: meeting.number, topic: meeting.topic });
    late.close();

    await link.request('events.push', {
      outboxEpoch: 'epoch-01',
      events: [{ seq: 3, event: ended(meeting) }],
    });
    await expect
      .poll(() => heard)
      .toEqual(['meeting.started', 'meetings.changed', 'meeting.ended', 'meetings.changed']);
    expect((await boss.call('GET', path)).parse(Meeting).state).toBe('past');
    const [run] = await cloud.store.history.runs(meeting.meetingId, 10);
    expect(await cloud.store.history.participants(run?.id ?? '')).toMatchObject([
      { name: 'Ana', leaveReason: 'ended' },
    ]);
    page.close();
    link.close();
  });

  test('a running meeting that is deleted is ended at the zone', async () => {
    const asked: unknown[] = [];
    const { link } = await connectController(cloud, node, {
      'meeting.end': (input) => {
        asked.push(input);
        return {};
      },
    });
    const meeting = await create();
    await link.request('events.push', {
      outboxEpoch: 'epoch-02',
      events: [{ seq: 1, event: started(meeting) }],
    });
    await boss.call('DELETE', `/api/v1/meetings/${meeting.number}`);
    await expect.poll(() => asked).toEqual([{ meetingId: meeting.meetingId, reason: 'ended-by-portal' }]);
    link.close();
  });

  test('a controller that was away is told which of its meetings were deleted, and of no others', async () => {
    const { link } = await connectController(cloud, node);
    const [ran, kept, unheard] = [await create(), await create(), await create()];
    await link.request('events.push', {
      outboxEpoch: 'epoch-03',
      events: [ran, kept].map((meeting, at) => ({ seq: at + 1, event: started(meeting) })),
    });
    link.close();
    for (const { number } of [ran, unheard]) await boss.call('DELETE', `/api/v1/meetings/${number}`);

    const back = await dialControl(cloud, await proofOf(cloud, node));
    const meetingIds = [ran, kept, unheard].map(({ meetingId }) => meetingId);
    const early = back.request('meetings.check', { meetingIds });
    await expect(early).rejects.toMatchObject({ code: 'protocol.hello-required' });
    await back.request('register', registration(node));
    // A database put back from a backup knows less than the zone: what it never heard of goes on.
    const never = MeetingIdSchema.parse(newIdText('meeting', randomBytes));
    const { deleted } = await back.request('meetings.check', { meetingIds: [...meetingIds, never] });
    expect(deleted).toEqual([ran.meetingId, unheard.meetingId]);
    // What the zone kept meanwhile completes the history, and no more.
    const events = [
      { seq: 3, event: ended(ran) },
      { seq: 4, event: started(unheard) },
    ];
    expect(await back.request('events.push', { outboxEpoch: 'epoch-03', events })).toEqual({ ackedSeq: 4 });
    expect((await cloud.store.history.runs(ran.meetingId, 10))[0]?.endReason).toBe('ended-by-host');
    expect(await cloud.store.history.runs(unheard.meetingId, 10)).toEqual([]);
    expect((await back.request('meetings.check', { meetingIds })).deleted).toEqual(deleted);
    back.close();
  });

  test('of a meeting of another account nothing is said', async () => {
    const { link } = await connectController(cloud, node);
    const { accountId } = node.facts;
    const meeting = await create();
    await boss.call('DELETE', `/api/v1/meetings/${meeting.number}`);
    const foreign = EnrolAnswer.shape.accountId.parse(newIdText('account', randomBytes));
    expect(await cloud.store.meetings.deletedOf(foreign, [meeting.meetingId])).toEqual([]);
    expect(await cloud.store.meetings.deletedOf(accountId, [meeting.meetingId])).toEqual([meeting.meetingId]);
    link.close();
  });
});

describe('the gateway', () => {
  test('is for pages of this portal of people who are signed in', async () => {
    await expect(openGateway(cloud, boss, { origin: 'https://evil.example' })).rejects.toMatchObject({
      code: 'request.cross-site',
    });
    const nobody = new Person(cloud.url);
    nobody.cookie = 'guildhall_session=forged';
    await expect(openGateway(cloud, nobody)).rejects.toMatchObject({
      code: 'auth.required',
      details: { status: 401 },
    });
  });

  test('tells other pages that the list changed, and closes when the session ends', async () => {
    const person = await signedIn(cloud);
    const page = await openGateway(cloud, person);
    const changed = new Promise((resolve) => void page.on('meetings.changed', resolve));
    await page.request('hello', { protocol: 1, features: [] });
    await create();
    expect(await changed).toEqual({});
    await person.call('DELETE', '/api/v1/session');
    expect((await page.closed).code).toBe(4401);
  });
});
