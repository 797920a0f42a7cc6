import {
  EnrolAnswer,
  Meeting,
  MeetingIdSchema,
  ParticipantIdSchema,
  newIdText,
  type MeetingEvent,
} from '@guildhall/protocol';
import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { signedIn, startCloud, type Person, type TestCloud } from './cloud.ts';
import {
  connectController,
  dialControl,
  enableConnector,
  enrol,
  openGateway,
  proofOf,
  registration,
  type TestNode,
} from './node.ts';

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
