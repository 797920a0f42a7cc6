import {
  AuditEntryList,
  Me,
  Meeting,
  MonitoredServiceList,
  DryRunAnswer,
  HostingView,
  JoinAnswer,
  TicketClaims,
  ZoneList,
} from '@guildhall/protocol';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { addForeignPerson, addPerson, signedIn, startCloud, type Person, type TestCloud } from './cloud.ts';
import {
  connectController,
  enableConnector,
  enrol,
  goLive,
  type ControlLink,
  type TestNode,
} from './node.ts';

let cloud: TestCloud;
let boss: Person;
let ana: Person;
let anaId: string;
let token: string;
let node: TestNode;
let link: ControlLink;

const api = (method: string, path: string, body?: unknown) =>
  boss.call(method, `/api/v1/connector${path}`, body);
const hosting = async (): Promise<HostingView> => (await api('GET', '/hosting')).parse(HostingView);
const zones = async () => (await api('GET', '/zones')).parse(ZoneList).zones;
const zoneNamed = async (name: string) => {
  const found = (await zones()).find((zone) => zone.name === name);
  if (!found) throw new Error(`no zone ${name}`);
  return found;
};
const groupId = async (): Promise<string> => (await hosting()).groups[0]?.groupId ?? '';
const idOf = async (person: Person): Promise<string> =>
  (await person.call('GET', '/api/v1/me')).parse(Me).user.userId;
const create = async (by: Person): Promise<Meeting> =>
  (await by.call('POST', '/api/v1/meetings', {})).parse(Meeting);
const join = (by: Person, meeting: Meeting) =>
  by.call('POST', `/api/v1/meetings/${meeting.number}/join`, { passcode: meeting.passcode, name: 'A' });
/** The signature is checked where tickets are tested. */
const zoneOfTicket = ({ ticket }: JoinAnswer): string => {
  const claims = Buffer.from(ticket.split('.')[1] ?? '', 'base64url').toString('utf8');
  return TicketClaims.parse(JSON.parse(claims)).zoneId;
};

beforeAll(async () => {
  cloud = await startCloud();
  boss = await signedIn(cloud);
  ana = await addPerson(boss);
  anaId = await idOf(ana);
  token = await enableConnector(boss);
  node = await enrol(cloud, token);
  ({ link } = await connectController(cloud, node));
  await goLive(boss, link, node);
});
afterAll(async () => {
  link.close();
  await cloud.close();
});

describe('where meetings are hosted', () => {
  test('is on premises until somebody says otherwise', async () => {
    expect(await hosting()).toMatchObject({
      account: { place: 'on-premises', locked: false },
      groups: [],
      people: [{ effective: { place: 'on-premises', reason: { code: 'account' } } }, {}],
    });
    expect((await join(ana, await create(ana))).status).toBe(200);
  });

  test('is set for a group that may lock it, and a refused join says so', async () => {
    expect((await api('POST', '/groups', { name: 'Sales' })).status).toBe(200);
    expect((await api('POST', '/groups', { name: 'SALES' })).code).toBe('hosting.name-taken');
    const group = `/groups/${await groupId()}`;
    await api('PUT', `${group}/members`, { userIds: [anaId] });
    const place = `/people/${anaId}/hosting`;
    expect((await api('PUT', place, { place: 'on-premises' })).status).toBe(200);
    await api('PATCH', group, { place: 'elsewhere' });
    expect((await join(ana, await create(ana))).status).toBe(200);
    await api('PATCH', group, { name: 'Sales team', locked: true });
    const person = (await hosting()).people.find((one) => one.userId === anaId);
    expect(person).toMatchObject({
      place: 'on-premises',
      effective: { place: 'elsewhere', reason: { code: 'group-locked', group: 'Sales team' } },
    });
    const refused = await join(ana, await create(ana));
    expect([refused.status, refused.code]).toEqual([409, 'hosting.elsewhere']);
    expect((await join(boss, await create(boss))).status).toBe(200);
    expect((await api('PUT', place, { place: 'on-premises' })).code).toBe('hosting.locked');
  });

  test('a locked account is over the groups; a deleted group lets its people go', async () => {
    await api('PUT', '/hosting', { place: 'on-premises', locked: true });
    expect((await join(ana, await create(ana))).status).toBe(200);
    const group = `/groups/${await groupId()}`;
    expect((await api('PATCH', group, { place: 'elsewhere' })).code).toBe('hosting.locked');
    await api('PUT', '/hosting', { place: 'on-premises', locked: false });
    expect((await join(ana, await create(ana))).code).toBe('hosting.elsewhere');
    expect((await api('DELETE', group)).parse(HostingView).groups).toEqual([]);
    expect((await join(ana, await create(ana))).status).toBe(200);
  });

  test('a meeting that runs stays open to those who join it', async () => {
    const meeting = await create(ana);
    await join(ana, meeting);
    const event = { kind: 'meeting.started', meetingId: meeting.meetingId, atMs: cloud.clock.now() } as const;
    await link.request('events.push', { outboxEpoch: 'epoch-01', events: [{ seq: 1, event }] });
    await api('PUT', `/people/${anaId}/hosting`, { place: 'elsewhere' });
    expect((await join(boss, meeting)).status).toBe(200);
    expect((await join(ana, await create(ana))).code).toBe('hosting.elsewhere');
    await api('PUT', `/people/${anaId}/hosting`, { place: null });
  });
});

describe('zones', () => {
  test('are made, renamed and deleted, but not the default one nor one with nodes', async () => {
    const main = await zoneNamed('Main zone');
    expect(main).toMatchObject({ isDefault: true, limited: false, nodes: [{ role: 'controller' }] });
    await api('POST', '/zones', { name: 'Madrid' });
    expect((await api('POST', '/zones', { name: 'madrid ' })).code).toBe('hosting.name-taken');
    expect((await api('DELETE', `/zones/${main.zoneId}`)).code).toBe('hosting.zone-in-use');
    await api('POST', '/zones', { name: 'Old' });
    const old = await zoneNamed('Old');
    expect((await api('DELETE', `/zones/${old.zoneId}`)).status).toBe(200);
    expect((await api('DELETE', `/zones/${old.zoneId}`)).code).toBe('not-found');
  });

  test('limit their routers: the field and its rule, the default, a line in the audit log, and the policy at once', async () => {
    const { zoneId } = await zoneNamed('Main zone');
    const list = (await api('GET', '/zones')).parse(ZoneList);
    expect(list.defaultLimits).toEqual({ participantsPerRouter: 200, meetingsPerRouter: 100 });
    expect(await zoneNamed('Main zone')).not.toHaveProperty('participantsPerRouter');
    for (const [field, value, rule] of [
      ['participantsPerRouter', 0, '1 to 100000'],
      ['participantsPerRouter', 1.5, '1 to 100000'],
      ['meetingsPerRouter', 10_001, '1 to 10000'],
    ] as const) {
      const refused = await api('PATCH', `/zones/${zoneId}`, { [field]: value });
      expect([refused.code, refused.field]).toEqual(['request.invalid', field]);
      expect(refused.text).toContain(rule);
    }
    const pushes: unknown[] = [];
    const stop = link.on('policy.changed', ({ policy }) => pushes.push(policy.limits));
    await api('PATCH', `/zones/${zoneId}`, { participantsPerRouter: 1 });
    await expect.poll(() => pushes).toEqual([{ participantsPerRouter: 1, meetingsPerRouter: 100 }]);
    expect(await zoneNamed('Main zone')).toMatchObject({ participantsPerRouter: 1 });
    const path = '/monitoring';
    const { services } = (await api('GET', `${path}/nodes`)).parse(MonitoredServiceList);
    expect(services.find(({ service }) => service === 'mmr')?.capacity).toEqual({
      participants: 1,
      meetings: 100,
    });
    const lines = await api('GET', `${path}/audit?kinds=zone.limits-changed`);
    expect(lines.parse(AuditEntryList).entries).toMatchObject([{ subject: zoneId }]);
    await api('PATCH', `/zones/${zoneId}`, { participantsPerRouter: null });
    await expect.poll(() => pushes.at(-1)).toEqual(list.defaultLimits);
    stop();
  });

  test.each([
    ['10.1.2.3/16', '10.1.0.0/16'],
    ['10.1/16', 'not a subnet'],
    ['010.0.0.0/8', 'not a subnet'],
    ['10.0.0.0/40', 'too long'],
    ['::ffff:10.0.0.0/104', 'IPv4'],
  ])('the subnet %s is refused by its field', async (subnet, words) => {
    const { zoneId } = await zoneNamed('Madrid');
    const refused = await api('PATCH', `/zones/${zoneId}`, { subnets: [subnet], name: 'Changed' });
    expect([refused.status, refused.code, refused.field]).toEqual([422, 'hosting.wrong-subnet', 'subnets']);
    expect(refused.text).toContain(words);
    expect((await zoneNamed('Madrid')).subnets).toEqual([]);
  });

  test('the longest subnet decides for a join and for the dry run alike', async () => {
    const main = await zoneNamed('Main zone');
    const madrid = await zoneNamed('Madrid');
    await api('PATCH', `/zones/${main.zoneId}`, { subnets: ['127.0.0.0/8', '2001:DB8::/32'] });
    const taken = await api('PATCH', `/zones/${madrid.zoneId}`, { subnets: ['2001:db8:0::/32'] });
    expect([taken.code, taken.field]).toEqual(['hosting.subnet-taken', 'subnets']);
    expect(taken.text).toContain('Main zone');
    await api('PATCH', `/zones/${madrid.zoneId}`, { subnets: ['127.0.0.0/16'] });
    const meeting = await create(ana);
    const dry = await api('POST', '/dry-run', { address: '127.0.0.1', number: meeting.number });
    expect(dry.parse(DryRunAnswer)).toMatchObject({
      outcome: 'zone',
      zone: 'Madrid',
      steps: [{ code: 'subnet', subnet: '127.0.0.0/16' }],
    });
    // Nothing runs in Madrid yet, and the real join decides just so.
    expect((await join(ana, meeting)).code).toBe('connector.no-controller');
    await api('PATCH', `/zones/${madrid.zoneId}`, { subnets: [] });
    expect(zoneOfTicket((await join(ana, await create(ana))).parse(JoinAnswer))).toBe(main.zoneId);
  });

  test('everybody of a meeting goes where the first one went', async () => {
    const madrid = await zoneNamed('Madrid');
    const main = await zoneNamed('Main zone');
    const meeting = await create(ana);
    await join(ana, meeting);
    await api('PATCH', `/zones/${madrid.zoneId}`, { subnets: ['127.0.0.0/16'] });
    expect(zoneOfTicket((await join(boss, meeting)).parse(JoinAnswer))).toBe(main.zoneId);
    const dry = await api('POST', '/dry-run', { address: '127.0.0.1', number: meeting.number });
    expect(dry.parse(DryRunAnswer)).toMatchObject({ outcome: 'running', zone: 'Main zone' });
    cloud.clock.offsetMs += 3_600_000;
    expect((await join(boss, meeting)).code).toBe('connector.no-controller');
    await api('PATCH', `/zones/${madrid.zoneId}`, { subnets: [] });
  });

  test('a meeting that began without the cloud is joined where it runs, whatever the rules would say', async () => {
    const madrid = await zoneNamed('Madrid');
    const main = await zoneNamed('Main zone');
    const meeting = await create(ana);
    await api('PATCH', `/zones/${madrid.zoneId}`, { subnets: ['127.0.0.0/16'] });
    const event = { kind: 'meeting.started', meetingId: meeting.meetingId, atMs: cloud.clock.now() } as const;
    await link.request('events.push', { outboxEpoch: 'epoch-02', events: [{ seq: 1, event }] });
    const joined = (await join(boss, meeting)).parse(JoinAnswer);
    expect(zoneOfTicket(joined)).toBe(main.zoneId);
    expect(joined.controllers).toEqual(['http://localhost:8802']);
    await api('PATCH', `/zones/${madrid.zoneId}`, { subnets: [] });
  });

  test('may be for some people only; a list that empties itself opens nothing', async () => {
    const main = await zoneNamed('Main zone');
    await api('POST', '/groups', { name: 'Board' });
    const board = await groupId();
    const only = { hosts: { userIds: [], groupIds: [board] } };
    expect((await api('PATCH', `/zones/${main.zoneId}`, only)).status).toBe(200);
    const asked = { address: '192.0.2.1', userId: anaId };
    const dry = (await api('POST', '/dry-run', asked)).parse(DryRunAnswer);
    expect(dry).toMatchObject({
      outcome: 'zone',
      zone: 'Madrid',
      steps: [
        { code: 'no-subnet' },
        { code: 'default-zone' },
        { code: 'host-not-allowed' },
        { code: 'other-zone' },
      ],
    });
    await api('DELETE', `/groups/${board}`);
    expect(await zoneNamed('Main zone')).toMatchObject({ limited: true, groupIds: [] });
    const madrid = await zoneNamed('Madrid');
    await api('PATCH', `/zones/${madrid.zoneId}`, { hosts: { userIds: [await idOf(boss)], groupIds: [] } });
    expect((await api('POST', '/dry-run', asked)).parse(DryRunAnswer).outcome).toBe('no-zone');
    expect((await join(ana, await create(ana))).code).toBe('hosting.no-zone');
    for (const { zoneId } of [main, madrid])
      await api('PATCH', `/zones/${zoneId}`, { hosts: { userIds: [], groupIds: [] } });
    expect((await join(ana, await create(ana))).status).toBe(200);
  });

  test('a node that is moved registers in its new zone, and enrols again into it', async () => {
    const madrid = await zoneNamed('Madrid');
    await api('PATCH', `/zones/${(await zoneNamed('Main zone')).zoneId}`, { subnets: [] });
    await api('PUT', `/nodes/${node.facts.nodeId}/zone`, { zoneId: madrid.zoneId });
    await link.closed;
    const again = await connectController(cloud, node);
    link = again.link;
    expect(again.policy.zoneId).toBe(madrid.zoneId);
    expect((await zoneNamed('Main zone')).nodes).toEqual([]);
    await api('PATCH', `/zones/${madrid.zoneId}`, { isDefault: true });
    expect((await enrol(cloud, token, 'mmr')).facts.zoneId).toBe(madrid.zoneId);
    expect((await join(ana, await create(ana))).status).toBe(200);
  });

  test('the dry run refuses what is no address, or names neither meeting nor host', async () => {
    const bad = await api('POST', '/dry-run', { address: '0x7f.0.0.1', userId: anaId });
    expect([bad.code, bad.field]).toEqual(['hosting.wrong-address', 'address']);
    expect((await api('POST', '/dry-run', { address: '10.0.0.1' })).code).toBe('request.invalid');
  });
});

test('all of it is the business of the account’s administrators alone', async () => {
  const foreigner = await addForeignPerson(cloud);
  const { zoneId } = (await zones())[0]!;
  const foreign = await idOf(foreigner);
  const calls = [
    ['GET', '/hosting'],
    ['GET', '/zones'],
    ['GET', '/live'],
    ['GET', '/minimum-version'],
    ['PUT', '/hosting', { place: 'elsewhere', locked: true }],
    ['PATCH', `/zones/${zoneId}`, { name: 'Mine' }],
    ['POST', '/dry-run', { address: '10.0.0.1', userId: anaId }],
  ] as const;
  for (const [method, path, body] of calls)
    expect((await ana.call(method, `/api/v1/connector${path}`, body)).code).toBe('auth.forbidden');
  const theirs = (method: string, path: string, body: unknown) =>
    foreigner.call(method, `/api/v1/connector${path}`, body);
  expect((await theirs('PATCH', `/zones/${zoneId}`, { name: 'Mine' })).code).toBe('not-found');
  expect((await theirs('PUT', `/nodes/${node.facts.nodeId}/zone`, { zoneId })).code).toBe('not-found');
  expect((await theirs('POST', '/dry-run', { address: '10.0.0.1', userId: anaId })).code).toBe('not-found');
  expect((await api('PUT', '/test-hosts', { userIds: [foreign] })).code).toBe('not-found');
  const hosts = { userIds: [foreign], groupIds: [] };
  expect((await api('PATCH', `/zones/${zoneId}`, { hosts })).code).toBe('not-found');
});
