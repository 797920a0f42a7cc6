import { Connector, JoinAnswer, Meeting } from '@guildhall/protocol';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startPostgres, type PostgresCluster } from '../support/postgres.ts';
import { Person, signedIn, startCloud } from './cloud.ts';
import { connectController, enableConnector, enrol, goLive } from './node.ts';

let cluster: PostgresCluster;
beforeAll(async () => {
  cluster = await startPostgres();
});
afterAll(() => cluster?.close());

test('on PostgreSQL a meeting is made, joined, run and remembered; a lost database is said and survived', async () => {
  await using cloud = await startCloud({ databaseUrl: await cluster.createDatabase() });
  const host = await signedIn(cloud);
  const token = await enableConnector(host);
  const node = await enrol(cloud, token);
  const { link } = await connectController(cloud, node);
  await goLive(host, link, node);
  expect((await host.call('GET', '/api/v1/connector')).parse(Connector).mode).toBe('production');
  const meeting = (await host.call('POST', '/api/v1/meetings', { startsAtMs: Date.now() + 60_000 })).parse(
    Meeting,
  );
  const body = { name: 'Ana', passcode: meeting.passcode };
  const join = () => new Person(cloud.url).call('POST', `/api/v1/meetings/${meeting.number}/join`, body);
  expect((await join()).parse(JoinAnswer).meeting.role).toBe('guest');
  const event = { kind: 'meeting.started', meetingId: meeting.meetingId, atMs: cloud.clock.now() } as const;
  const batch = { outboxEpoch: 'epoch-01', events: [{ seq: 1, event }] };
  expect(await link.request('events.push', batch)).toEqual({ ackedSeq: 1 });
  const path = `/api/v1/meetings/${meeting.number}`;
  expect((await host.call('GET', path)).parse(Meeting).state).toBe('running');

  await cluster.kill();
  const lost = await host.call('GET', path);
  expect([lost.status, lost.code]).toEqual([503, 'store.unavailable']);
  expect((await join()).code).toBe('store.unavailable');
  await expect(link.request('events.push', batch)).rejects.toMatchObject({ code: 'store.unavailable' });
  const admin = new Person(cloud.adminUrl);
  expect((await admin.call('GET', '/healthz')).status).toBe(200);
  expect((await admin.call('GET', '/readyz')).status).toBe(503);
  await cluster.restart();
  await expect.poll(async () => (await host.call('GET', path)).status).toBe(200);
  expect((await join()).status).toBe(200);
  link.close();
}, 60_000);
