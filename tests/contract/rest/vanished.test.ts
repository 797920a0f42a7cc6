import type { z } from 'zod';
import {
  type controlContract,
  Meeting,
  MonitoringEventList,
  newIdText,
  ParticipantIdSchema,
  RouterIdSchema,
  type MeetingEvent,
  ZoneIdSchema,
} from '@guildhall/protocol';
import type { Peer } from '@guildhall/rpc';
import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startPostgres, type PostgresCluster } from '../support/postgres.ts';
import { signedIn, startCloud, type Person, type TestCloud } from './cloud.ts';
import { connectController, enableConnector, enrol, openGateway, type TestNode } from './node.ts';

const minuteMs = 60_000;
const newParticipant = () => ParticipantIdSchema.parse(newIdText('participant', randomBytes));

describe.each(['sqlite', 'postgres'] as const)('a zone that is not heard of, on %s', (engine) => {
  let cluster: PostgresCluster | undefined;
  let cloud: TestCloud;
  let host: Person;
  let node: TestNode;
  let link: Peer<typeof controlContract, 'b'>;
  let seq = 0;

  beforeAll(async () => {
    if (engine === 'postgres') cluster = await startPostgres();
    cloud = await startCloud(cluster ? { databaseUrl: await cluster.createDatabase() } : {});
    host = await signedIn(cloud);
    node = await enrol(cloud, await enableConnector(host));
  });
  afterAll(async () => {
    link?.close();
    await cloud?.close();
    await cluster?.close();
  });

  const connect = async () => {
    ({ link } = await connectController(cloud, node));
  };
  const push = (...events: MeetingEvent[]) =>
    link.request('events.push', {
      outboxEpoch: 'epoch-01',
      events: events.map((event) => ({ seq: ++seq, event })),
    });
  const newMeeting = async () => (await host.call('POST', '/api/v1/meetings', {})).parse(Meeting);
  const read = async ({ number }: Meeting) =>
    (await host.call('GET', `/api/v1/meetings/${number}`)).parse(Meeting);
  const stateOf = async (meeting: Meeting) => (await read(meeting)).state;
  const log = async ({ meetingId }: Meeting): Promise<z.output<typeof MonitoringEventList>['entries']> => {
    const answer = await host.call('GET', '/api/v1/connector/monitoring/events?limit=100');
    return answer.parse(MonitoringEventList).entries.filter(({ subject }) => subject === meetingId);
  };
  const kinds = async (meeting: Meeting) => (await log(meeting)).map(({ kind }) => kind).toSorted();
  const vanish = async (meeting: Meeting) => {
    link.close();
    // The link's end is what the cloud heard last.
    await expect
      .poll(async () => (await host.call('GET', '/api/v1/connector/monitoring/overview')).text)
      .toContain('"controllers":{"connected":0,"all":1}');
    cloud.clock.pass(59 * minuteMs, minuteMs);
    expect(await stateOf(meeting)).toBe('running');
    cloud.clock.pass(2 * minuteMs, minuteMs);
    await expect.poll(() => stateOf(meeting)).toBe('past');
  };
  const start = async () => {
    const meeting = await newMeeting();
    const { meetingId } = meeting;
    const participantId = newParticipant();
    const atMs = cloud.clock.now();
    await push(
      { kind: 'meeting.started', meetingId, atMs },
      { kind: 'participant.joined', meetingId, atMs, participantId, name: 'Ana', role: 'host' },
    );
    return { meeting, meetingId, participantId, atMs };
  };
  const peopleOf = async ({ meetingId }: Meeting) => {
    const runs = await cloud.store.history.runs(meetingId, 10);
    const people = await Promise.all(runs.map(({ id }) => cloud.store.history.participants(id)));
    return { runs, people: people.flat() };
  };

  test('has its meetings closed with the reason; what it has to tell later is the same run', async () => {
    await connect();
    const { meeting, meetingId, participantId, atMs } = await start();
    const page = await openGateway(cloud, host);
    await page.request('hello', { protocol: 1, features: [] });
    const told = new Promise((resolve) => void page.on('meeting.ended', resolve));
    await vanish(meeting);
    expect(await told).toMatchObject({ meetingId });
    page.close();
    const closed = await read(meeting);
    expect(closed).toMatchObject({ endReason: 'zone-vanished', startedAtMs: atMs });
    // As of when it was heard of last, not of now.
    expect(cloud.clock.now() - (closed.endedAtMs ?? 0)).toBeGreaterThan(60 * minuteMs);
    expect((await peopleOf(meeting)).people).toMatchObject([{ leaveReason: 'zone-vanished' }]);

    await connect();
    const ben = newParticipant();
    const joined = { kind: 'participant.joined', meetingId, name: 'Ben', role: 'guest' } as const;
    await push({ ...joined, atMs: atMs + minuteMs, participantId: ben });
    expect(await read(meeting)).toMatchObject({ state: 'running', startedAtMs: atMs, endReason: null });
    expect((await peopleOf(meeting)).people).toMatchObject([
      { participantId, leftAtMs: null, leaveReason: null },
      { participantId: ben, leftAtMs: null },
    ]);
    await push({ kind: 'meeting.ended', meetingId, atMs: atMs + 2 * minuteMs, reason: 'empty' });
    expect(await read(meeting)).toMatchObject({ endReason: 'empty', endedAtMs: atMs + 2 * minuteMs });
    const { runs, people } = await peopleOf(meeting);
    expect(runs).toHaveLength(1);
    expect(people.map(({ leaveReason }) => leaveReason)).toEqual(['ended', 'ended']);
    const expected = ['meeting.ended', 'meeting.returned', 'meeting.started', 'meeting.vanished'];
    expect(await kinds(meeting)).toEqual(expected);
  });

  test('has its meetings running again by the mere word of a router that they do', async () => {
    const { meeting, meetingId, atMs } = await start();
    await vanish(meeting);
    await connect();
    const told = { meetingId, startedAtMs: atMs, people: [] };
    const report = { startedAtMs: 1, addresses: [], workers: [], meetings: [told] };
    const { nodeId } = node.facts;
    const routerId = RouterIdSchema.parse(newIdText('router', randomBytes));
    link.emit('quality.reported', { routerId, nodeId, report });
    await expect.poll(() => stateOf(meeting)).toBe('running');
    expect((await peopleOf(meeting)).runs).toHaveLength(1);
    // Told again, it is no second return.
    await vanish(meeting);
    await connect();
    link.emit('quality.reported', { routerId, nodeId, report });
    await expect.poll(() => stateOf(meeting)).toBe('running');
    expect((await peopleOf(meeting)).runs).toHaveLength(1);
  });

  test('started elsewhere meanwhile, each zone has its own run and the meeting ends with the last', async () => {
    const { meeting, meetingId, atMs } = await start();
    await vanish(meeting);
    const { store } = cloud;
    const { accountId } = node.facts;
    const elsewhere = {
      nodeId: node.facts.nodeId,
      zoneId: ZoneIdSchema.parse(newIdText('zone', randomBytes)),
      accountId,
      epoch: 'elsewhere',
    };
    const again = { kind: 'meeting.started', meetingId, atMs: atMs + 90 * minuteMs } as const;
    await store.history.store({ ...elsewhere, events: [{ seq: 1, event: again }] });
    await connect();
    await push({ kind: 'meeting.ended', meetingId, atMs: atMs + 5 * minuteMs, reason: 'empty' });
    expect(await read(meeting)).toMatchObject({ state: 'running', startedAtMs: atMs + 90 * minuteMs });
    const end = { kind: 'meeting.ended', meetingId, atMs: atMs + 95 * minuteMs, reason: 'empty' } as const;
    await store.history.store({ ...elsewhere, events: [{ seq: 2, event: end }] });
    expect(await stateOf(meeting)).toBe('past');
    expect(
      (await peopleOf(meeting)).runs.map(({ startedAtMs, endedAtMs }) => [startedAtMs, endedAtMs]),
    ).toEqual([
      [atMs + 90 * minuteMs, atMs + 95 * minuteMs],
      [atMs, atMs + 5 * minuteMs],
    ]);
  });
});
