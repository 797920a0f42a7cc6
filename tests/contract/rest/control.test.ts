import { generateSigningKey, signToken } from '@guildhall/kit';
import { isIssuedBy } from '@guildhall/kit/tls';
import { Connector, EnrolAnswer, Meeting, newIdText } from '@guildhall/protocol';
import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { signedIn, startCloud, type Person, type TestCloud } from './cloud.ts';
import {
  askToEnrol,
  connectController,
  dialControl,
  enableConnector,
  enrol,
  goLive,
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
    // One meeting over two routers of this node.
    const branch = { ...router, routerId: newIdText('router', randomBytes) };
    link.emit('status.reported', {
      routers: [router, branch].map((one) => ({ ...one, state: 'connected' as const, load, sinceMs: 1 })),
      meetings: 1,
      participants: 6,
    });
    await expect
      .poll(async () => (await connector()).routers)
      .toMatchObject([
        { ...router, participants: 3 },
        { ...branch, participants: 3 },
      ]);
    const now = await connector();
    expect(now.nodes[0]).toMatchObject({ state: 'connected', meetings: 2, participants: 6 });
    expect(now.meetings).toBe(1);
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
      events: [
        {
          seq: 1,
          event: { kind: 'meeting.started', meetingId: (await create()).meetingId, atMs: cloud.clock.now() },
        },
      ],
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
