import { AuditEntryList } from '@guildhall/protocol';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { addPerson, signedIn, startCloud, type Person, type TestCloud } from './cloud.ts';
import { connectController, enableConnector, enrol, reportRouter, type ControlLink } from './node.ts';

let cloud: TestCloud;
let boss: Person;
let link: ControlLink;
let nodeId: string;
const orders: unknown[] = [];
let report: () => void;

const drain = (by: Person, body: unknown, of = nodeId) =>
  by.call('POST', `/api/v1/connector/nodes/${of}/drain`, body);

beforeAll(async () => {
  cloud = await startCloud();
  boss = await signedIn(cloud);
  const token = await enableConnector(boss);
  const node = await enrol(cloud, token);
  nodeId = node.facts.nodeId;
  const handlers = {
    'router.drain': (order: unknown) => {
      orders.push(order);
      return {};
    },
  };
  ({ link } = await connectController(cloud, node, handlers));
  report = () => reportRouter(link, node);
});
afterAll(async () => {
  link?.close();
  await cloud.close();
});

test('an administrator drains a router and takes it back; the audit log says so', async () => {
  // Before its router is known there is nothing to drain.
  expect((await drain(boss, { action: 'start' })).code).toBe('service.not-running');
  report();
  await expect
    .poll(async () => (await drain(boss, { action: 'start', deadlineMs: 60_000 })).code)
    .toBeUndefined();
  await drain(boss, { action: 'cancel' });
  await expect.poll(() => orders.length).toBe(2);
  expect(orders).toEqual([
    { nodeId, draining: true, deadlineMs: 60_000 },
    { nodeId, draining: false },
  ]);
  // What could not be moved is only ended when that was asked for, and at a time that was named.
  await drain(boss, { action: 'start', deadlineMs: 60_000, atDeadline: 'end' });
  await expect.poll(() => orders.length).toBe(3);
  expect(orders[2]).toEqual({ nodeId, draining: true, deadlineMs: 60_000, atDeadline: 'end' });
  expect(await drain(boss, { action: 'start', atDeadline: 'end' })).toMatchObject({
    code: 'request.invalid',
  });
  const { entries } = (await boss.call('GET', '/api/v1/connector/monitoring/audit')).parse(AuditEntryList);
  expect(entries.map(({ action }) => action)).toEqual(
    expect.arrayContaining(['connector.drain', 'connector.drain-cancelled']),
  );
});

test('nobody else may, and a router of somebody else does not exist', async () => {
  const member = await addPerson(boss);
  expect((await drain(member, { action: 'start' })).code).toBe('auth.forbidden');
  expect((await drain(boss, { action: 'start' }, 'nod_0000000000')).code).toBe('not-found');
  expect((await drain(boss, { action: 'explode' })).code).toBe('request.invalid');
  expect(orders).toHaveLength(3);
});
