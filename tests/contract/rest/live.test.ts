import {
  Connector,
  LiveView,
  Me,
  Meeting,
  newIdText,
  ParticipantIdSchema,
  VersionRule,
} from '@guildhall/protocol';
import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { addPerson, signedIn, startCloud, type Person, type TestCloud } from './cloud.ts';
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
let node: TestNode;
let link: ControlLink;

const api = (method: string, path: string, body?: unknown) =>
  boss.call(method, `/api/v1/connector${path}`, body);
const live = async (): Promise<LiveView> => (await api('GET', '/live')).parse(LiveView);
const states = async () =>
  Object.fromEntries((await live()).checklist.map(({ item, state }) => [item, state]));
const toProduction = () => api('PUT', '/mode', { mode: 'production' });
const create = async (by: Person): Promise<Meeting> =>
  (await by.call('POST', '/api/v1/meetings', {})).parse(Meeting);
const join = (by: Person, meeting: Meeting) =>
  by.call('POST', `/api/v1/meetings/${meeting.number}/join`, { passcode: meeting.passcode });

beforeAll(async () => {
  cloud = await startCloud();
  boss = await signedIn(cloud);
  ana = await addPerson(boss);
});
afterAll(async () => {
  link?.close();
  await cloud.close();
});

test('production is refused with what is missing, and accepted once token, controller and router are there', async () => {
  expect((await toProduction()).code).toBe('connector.not-enabled');
  await api('POST', '/enable', {});
  expect(await states()).toEqual({
    token: 'missing',
    controller: 'missing',
    router: 'missing',
    version: 'ok',
    address: 'warning',
    'test-meeting': 'warning',
  });
  const token = await enableConnector(boss);
  const refused = await toProduction();
  expect([refused.status, refused.code]).toEqual([409, 'connector.not-ready']);
  expect(refused.text).toContain('no zone controller is connected, no multimedia router is connected');
  node = await enrol(cloud, token);
  ({ link } = await connectController(cloud, node));
  expect(await states()).toMatchObject({ token: 'ok', controller: 'ok', router: 'missing' });
  await goLive(boss, link, node);
  expect((await live()).mode).toBe('production');
});

test('in test mode only test hosts use the connector, and what runs goes on', async () => {
  const running = await create(ana);
  expect((await join(ana, running)).status).toBe(200);
  const meetingId = running.meetingId;
  const participantId = ParticipantIdSchema.parse(newIdText('participant', randomBytes));
  const atMs = cloud.clock.now();
  await link.request('events.push', {
    outboxEpoch: 'epoch-01',
    events: [
      { seq: 1, event: { kind: 'meeting.started', meetingId, atMs } },
      {
        seq: 2,
        event: { kind: 'participant.joined', meetingId, atMs, participantId, name: 'A', role: 'host' },
      },
    ],
  });
  expect(await states()).toMatchObject({ 'test-meeting': 'ok' });
  await api('PUT', '/mode', { mode: 'test' });
  expect((await join(ana, running)).status).toBe(200);
  expect((await join(ana, await create(ana))).code).toBe('connector.not-live');
  expect((await join(boss, await create(boss))).status).toBe(200);
  const { user } = (await ana.call('GET', '/api/v1/me')).parse(Me);
  expect((await api('PUT', '/test-hosts', { userIds: [user.userId] })).parse(LiveView).testHosts).toEqual([
    user.userId,
  ]);
  expect((await join(ana, await create(ana))).status).toBe(200);
  expect((await join(boss, await create(boss))).code).toBe('connector.not-live');
});

test('a minimum version warns first, then is missing; the zones are told', async () => {
  const pushed = new Promise((resolve) => {
    link.on('policy.changed', (data) => resolve(data.policy.minimumVersion));
  });
  const minimum = { version: '99.0.0', fromMs: cloud.clock.now() + 60_000 };
  const rule = (await api('PUT', '/minimum-version', { minimum })).parse(VersionRule);
  expect(rule.nodes).toMatchObject([{ standing: 'warned' }]);
  expect(await pushed).toEqual(minimum);
  expect(await states()).toMatchObject({ version: 'warning' });
  cloud.clock.offsetMs += 120_000;
  expect(await states()).toMatchObject({ version: 'missing' });
  expect((await toProduction()).code).toBe('connector.not-ready');
  const wrong = await api('PUT', '/minimum-version', { minimum: { version: 'one two', fromMs: 0 } });
  expect([wrong.code, wrong.field]).toEqual(['request.invalid', 'minimum.version']);
  await api('PUT', '/minimum-version', { minimum: null });
  expect((await toProduction()).parse(Connector).mode).toBe('production');
});
