import {
  AuditEntryList,
  LiveMeetingList,
  Meeting,
  MonitoredServiceList,
  MonitoringEventList,
  MonitoringOverview,
  newIdText,
  ParticipantIdSchema,
  RouterIdSchema,
  Series,
  ZoneList,
  type QualityReport,
} from '@guildhall/protocol';
import { randomBytes } from 'node:crypto';
import { until as patiently } from '@guildhall/testkit';
import { afterEach, expect, test } from 'vitest';
import { addForeignPerson, addPerson, owner, Person, signedIn, startCloud, type TestCloud } from './cloud.ts';
import { connectController, dialControl, enableConnector, enrol, proofOf } from './node.ts';

const base = '/api/v1/connector/monitoring';
const clouds: TestCloud[] = [];
afterEach(async () => {
  for (const cloud of clouds.splice(0)) await cloud.close();
});

async function scene() {
  const cloud = await startCloud();
  clouds.push(cloud);
  const boss = await signedIn(cloud);
  const token = await enableConnector(boss);
  return { cloud, boss, token };
}

const routerId = () => RouterIdSchema.parse(newIdText('router', randomBytes));
const load = { participants: 2, meetings: 1, workerCpu: 0.25, bitrateInBps: 1_000, bitrateOutBps: 3_000 };
const person = (name: string, mos: number | null) => ({
  participantId: ParticipantIdSchema.parse(newIdText('participant', randomBytes)),
  name,
  role: 'participant' as const,
  bitrateInBps: 500,
  bitrateOutBps: 1_500,
  lossIn: 0.01,
  lossOut: null,
  roundTripTimeMs: 35,
  jitterMs: 2,
  mos,
  transport: 'udp' as const,
});

const until = (isTrue: () => Promise<boolean>) => patiently('what is monitored', isTrue);

test('an administrator sees each controller and router with its state and why, and who is in which meeting', async () => {
  const { cloud, boss, token } = await scene();
  const controller = await enrol(cloud, token);
  const mmr = await enrol(cloud, token, 'mmr');
  const meeting = (await boss.call('POST', '/api/v1/meetings', { topic: 'Council' })).parse(Meeting);
  const services = async () => (await boss.call('GET', `${base}/nodes`)).parse(MonitoredServiceList).services;
  expect((await services()).map(({ service, state, why }) => [service, state, why])).toEqual([
    ['zctrl', 'enrolled', 'never-connected'],
    ['mmr', 'enrolled', 'never-connected'],
    ['mmr', 'enrolled', 'never-connected'],
  ]);

  const { link } = await connectController(cloud, controller);
  const status = {
    nodeId: mmr.facts.nodeId,
    version: '0.1.0',
    state: 'connected' as const,
    load,
    sinceMs: 5,
  };
  const report: QualityReport = {
    startedAtMs: 7,
    addresses: ['ws://localhost:8443/v1/meeting'],
    workers: [],
    meetings: [
      { meetingId: meeting.meetingId, startedAtMs: 9, people: [person('Ana', 4), person('Ben', 3)] },
    ],
  };
  const id = routerId();
  link.emit('status.reported', { routers: [{ routerId: id, ...status }], meetings: 1, participants: 2 });
  link.emit('quality.reported', { routerId: id, nodeId: mmr.facts.nodeId, report });
  await until(async () => (await services()).some(({ mos }) => mos !== null));
  const found = await services();
  expect(found.find(({ service }) => service === 'zctrl')).toMatchObject({ state: 'connected', meetings: 1 });
  expect(found.find(({ nodeId }) => nodeId === mmr.facts.nodeId)).toMatchObject({
    state: 'connected',
    why: null,
    startedAtMs: 7,
    addresses: ['ws://localhost:8443/v1/meeting'],
    participants: 2,
    capacity: { meetings: 100, participants: 200 },
    cpu: 0.25,
    mos: 3.5,
  });
  const overview = (await boss.call('GET', `${base}/overview`)).parse(MonitoringOverview);
  expect(overview).toMatchObject({
    controllers: { connected: 1, all: 1 },
    routers: { connected: 1, all: 2 },
    participants: 2,
    mos: 3.5,
  });
  const live = (await boss.call('GET', `${base}/meetings`)).parse(LiveMeetingList).meetings;
  expect(live).toMatchObject([
    {
      topic: 'Council',
      number: meeting.number,
      people: [
        { name: 'Ana', mos: 4 },
        { name: 'Ben', mos: 3 },
      ],
    },
  ]);
  expect(live[0]?.routers).toEqual([{ nodeId: mmr.facts.nodeId, name: 'vm-1 2' }]);

  // Why it is there, by the word of the controller; servers of other zones it does not know are named as such.
  const far = await enrol(cloud, token, 'mmr');
  const { zones } = (await boss.call('POST', '/api/v1/connector/zones', { name: 'Harbour' })).parse(ZoneList);
  const zoneId = zones.find(({ name }) => name === 'Harbour')?.zoneId;
  await boss.call('PUT', `/api/v1/connector/nodes/${far.facts.nodeId}/zone`, { zoneId });
  link.emit('placement.decided', {
    meetingId: meeting.meetingId,
    atMs: 10,
    why: 'only-one',
    routers: [
      { nodeId: mmr.facts.nodeId, verdict: 'chosen', score: 0.1 },
      { nodeId: controller.facts.nodeId, verdict: 'busy', score: 0.9 },
    ],
  });
  const placementOf = async () =>
    (await boss.call('GET', `${base}/meetings`)).parse(LiveMeetingList).meetings[0]?.routers[0]?.placement;
  await until(async () => (await placementOf()) !== undefined);
  expect(await placementOf()).toEqual({
    atMs: 10,
    why: 'only-one',
    routers: [
      { nodeId: mmr.facts.nodeId, name: 'vm-1 2', verdict: 'chosen', score: 0.1 },
      { nodeId: controller.facts.nodeId, name: 'vm-1', verdict: 'busy', score: 0.9 },
      { nodeId: far.facts.nodeId, name: 'vm-1 3', verdict: 'other-zone', score: null },
    ],
  });

  // The link of the pair, and a router that refuses newcomers by load; a zone with one controller says nothing.
  const pair = { state: 'alone', sinceMs: 11 } as const;
  expect(found[0]).not.toHaveProperty('pair');
  for (const [overload, why] of [
    ['worker-cpu', 'overload-cpu'],
    ['event-loop', 'overload-event-loop'],
  ] as const) {
    const routers = [{ routerId: id, ...status, overload }];
    link.emit('status.reported', { routers, meetings: 1, participants: 2, pair });
    await until(async () => (await services()).some((one) => one.why === why));
  }
  expect((await services())[0]).toMatchObject({ service: 'zctrl', pair });
  link.emit('status.reported', { routers: [{ routerId: id, ...status }], meetings: 1, participants: 2 });
  await until(async () => (await services())[0]?.pair === undefined);
  expect((await services()).some(({ why }) => why?.startsWith('overload') === true)).toBe(false);

  const { accountId } = controller.facts;
  await cloud.store.hosting.setMinimum(accountId, { version: '99.0.0', fromMs: cloud.clock.now() + 60_000 });
  expect((await services())[0]).toMatchObject({ state: 'connected', why: 'version-warned' });
  await cloud.store.hosting.setMinimum(accountId, { version: '99.0.0', fromMs: 1 });
  expect((await services())[0]).toMatchObject({ state: 'refused', why: 'version-refused' });
  await cloud.store.hosting.setMinimum(accountId, null);

  link.close();
  await until(async () => (await services())[0]?.state === 'unreachable');
  expect((await services()).map(({ why }) => why)).toContain('link-lost');
});

test('a zone cannot speak of meetings or routers of another account, and nobody else may look', async () => {
  const { cloud, boss, token } = await scene();
  const controller = await enrol(cloud, token);
  const foreigner = await addForeignPerson(cloud);
  const foreign = (await foreigner.call('POST', '/api/v1/meetings', { topic: 'Secret' })).parse(Meeting);
  const { link } = await connectController(cloud, controller);
  const id = routerId();
  const { nodeId } = controller.facts;
  const status = { routerId: id, nodeId, version: '0.1.0', state: 'connected' as const, load, sinceMs: 5 };
  const people = [person('Ana', 4)];
  const meetings = [{ meetingId: foreign.meetingId, startedAtMs: 9, people }];
  link.emit('status.reported', { routers: [status], meetings: 1, participants: 2 });
  link.emit('quality.reported', {
    routerId: id,
    nodeId,
    report: { startedAtMs: 7, addresses: [], workers: [], meetings },
  });
  const count = async (who: Person) =>
    (await who.call('GET', `${base}/overview`)).parse(MonitoringOverview).participants;
  await until(async () => (await count(boss)) === 2);
  expect((await boss.call('GET', `${base}/meetings`)).parse(LiveMeetingList).meetings).toEqual([]);
  expect((await foreigner.call('GET', `${base}/meetings`)).parse(LiveMeetingList).meetings).toEqual([]);
  expect(await count(foreigner)).toBe(0);
  const member = await addPerson(boss);
  const paths = ['overview', 'nodes', 'meetings', 'events', 'audit', 'events/export?format=csv'];
  for (const path of [...paths, 'series?metric=mos&range=24h']) {
    expect((await member.call('GET', `${base}/${path}`)).code).toBe('auth.forbidden');
    expect((await new Person(cloud.url).call('GET', `${base}/${path}`)).code).toBe('auth.required');
  }
});

test('events and acts can be found, paged and exported; a failed sign-in of somebody real is among them', async () => {
  const { cloud, boss, token } = await scene();
  const node = await enrol(cloud, token);
  const { link } = await connectController(cloud, node);
  link.close();
  const wrong = { email: owner.email, password: 'not this one' };
  await new Person(cloud.url).call('POST', '/api/v1/session', wrong);
  await new Person(cloud.url).call('POST', '/api/v1/session', { ...wrong, email: 'ghost@example.org' });
  const events = async (query = '') =>
    (await boss.call('GET', `${base}/events${query}`)).parse(MonitoringEventList);
  const kinds = async () => (await events()).entries.map(({ kind }) => kind);
  await until(async () => (await kinds()).includes('sign-in.failed'));
  await until(async () => (await kinds()).includes('controller.gone'));
  expect(await kinds()).toEqual(expect.arrayContaining(['node.enrolled', 'controller.connected']));
  expect((await events('?kinds=sign-in.failed')).entries).toHaveLength(1);
  expect((await events('?text=GONE')).entries.map(({ kind }) => kind)).toEqual(['controller.gone']);
  const first = await events('?limit=1');
  const second = await events(`?limit=1&cursor=${first.nextCursor ?? ''}`);
  expect(second.entries[0]?.id).not.toBe(first.entries[0]?.id);
  expect((await boss.call('GET', `${base}/events?cursor=x`)).field).toBe('cursor');
  expect((await boss.call('GET', `${base}/events?shape=round`)).code).toBe('request.invalid');

  const audit = (await boss.call('GET', `${base}/audit?text=token`)).parse(AuditEntryList);
  expect(audit.entries).toMatchObject([{ action: 'connector.token-made', subjectName: 'My organisation' }]);
  const csv = await boss.call('GET', `${base}/events/export?format=csv&kinds=node.enrolled`);
  expect(csv.headers.get('content-disposition')).toContain('guildhall-events.csv');
  expect(csv.text.split('\r\n')).toMatchObject([
    expect.stringContaining('time,kind'),
    expect.stringContaining(`node.enrolled,info,vm-1,${node.facts.nodeId}`),
    '',
  ]);
  const json = await boss.call('GET', `${base}/audit/export?format=json`);
  expect(AuditEntryList.shape.entries.parse(JSON.parse(json.text)).length).toBeGreaterThan(1);
});

test('a controller with a wrong proof is shown as refused, with the reason', async () => {
  const { cloud, boss, token } = await scene();
  const node = await enrol(cloud, token);
  const wrong = await proofOf(cloud, node, { audience: 'zctrl' });
  await expect(dialControl(cloud, wrong)).rejects.toMatchObject({ code: 'node.bad-proof' });
  const { services } = (await boss.call('GET', `${base}/nodes`)).parse(MonitoredServiceList);
  expect(services[0]).toMatchObject({ service: 'zctrl', state: 'refused', why: 'bad-proof' });
});

test('a series has one value for each moment of its range, and null where nothing was measured', async () => {
  const { boss } = await scene();
  const lengths = { '1h': 360, '24h': 1_440, '7d': 672, '90d': 720 };
  for (const [range, length] of Object.entries(lengths)) {
    const series = (await boss.call('GET', `${base}/series?metric=loss&range=${range}`)).parse(Series);
    expect(series.values).toEqual(Array.from({ length }, () => null));
    expect(series).toMatchObject({ metric: 'loss', unit: 'share' });
  }
  expect((await boss.call('GET', `${base}/series?metric=love&range=24h`)).field).toBe('metric');
});
