import { randomBytes } from 'node:crypto';
import { EnrolAnswer, Meeting, newIdText, type MeetingUpdateOrder } from '@guildhall/protocol';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { signedIn, startCloud, type Person, type TestCloud } from './cloud.ts';
import { connectController, enableConnector, enrol, type TestNode } from './node.ts';

let cloud: TestCloud;
let boss: Person;
let node: TestNode;
beforeAll(async () => {
  cloud = await startCloud({ config: { controlPort: 0, gatewayPort: 0 } });
  boss = await signedIn(cloud);
  node = await enrol(cloud, await enableConnector(boss));
});
afterAll(() => cloud.close());

const create = async (): Promise<Meeting> => (await boss.call('POST', '/api/v1/meetings', {})).parse(Meeting);

test('what changes of a meeting is told to the zone: what differs, and nothing else', async () => {
  const { link } = await connectController(cloud, node);
  const told: MeetingUpdateOrder[] = [];
  link.on('meeting.updated', (update) => told.push(update));
  const meeting = await create();
  const patch = (change: object) => boss.call('PATCH', `/api/v1/meetings/${meeting.number}`, change);
  const { settings, topic } = meeting;
  await patch({ topic, settings: { ...settings, lobby: true, screenShare: 'hosts' } });
  await patch({ topic: 'Another', passcode: 'other1' });
  // Nothing that a running meeting knows of.
  await patch({ passcode: false });
  await patch({ settings: { lobby: true } });
  await patch({ settings: { lobby: false } });
  await expect.poll(() => told.length).toBe(3);
  const { meetingId } = meeting;
  expect(told).toEqual([
    { meetingId, atMs: expect.any(Number), settings: { lobby: true, screenShare: 'hosts' } },
    { meetingId, atMs: expect.any(Number), topic: 'Another' },
    { meetingId, atMs: expect.any(Number), settings: { lobby: false } },
  ]);
  const times = told.map(({ atMs }) => atMs);
  expect(times).toEqual([...new Set(times)].toSorted((a, b) => a - b));
  link.close();
});

test('a controller that was away is told what was changed of its meetings, and how long ago', async () => {
  const meeting = await create();
  const untouched = await create();
  const patch = (change: object) => boss.call('PATCH', `/api/v1/meetings/${meeting.number}`, change);
  await patch({ topic: 'Another', settings: { lobby: true } });
  await patch({ settings: { chat: false }, passcode: false });
  await patch({ passcode: 'other1' });
  const { link } = await connectController(cloud, node);
  const meetingIds = [meeting.meetingId, untouched.meetingId];
  const { changed } = await link.request('meetings.check', { meetingIds });
  const [first, second] = changed?.[0]?.changes ?? [];
  const times = { agoMs: expect.any(Number), atMs: expect.any(Number) };
  expect(changed).toEqual([
    {
      meetingId: meeting.meetingId,
      changes: [
        { ...times, topic: 'Another', settings: { lobby: true } },
        { ...times, settings: { chat: false } },
      ],
    },
  ]);
  expect(second?.atMs).toBeGreaterThan(first?.atMs ?? Infinity);
  expect(second?.agoMs).toBeLessThanOrEqual(first?.agoMs ?? 0);
  const foreign = EnrolAnswer.shape.accountId.parse(newIdText('account', randomBytes));
  expect(await cloud.store.meetings.changedOf(foreign, meetingIds)).toEqual([]);
  link.close();
});
