import { GuildhallError } from '@guildhall/rpc';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import {
  checkpointOf,
  createTestZone,
  failureOf,
  FakeRouter,
  linkRouter,
  newNodeId,
  newRouterId,
  specOf,
} from '../testing.ts';

const settleMs = 3_000;
const directories: string[] = [];
const temporaryFile = (): string => {
  const directory = mkdtempSync(join(tmpdir(), 'zctrl-'));
  directories.push(directory);
  return join(directory, 'zctrl.sqlite');
};
afterEach(() => {
  for (const directory of directories.splice(0)) rmSync(directory, { recursive: true, force: true });
});

describe('a router dies', () => {
  test('and starts again: its meetings are opened from their checkpoints before anybody asks', async () => {
    const zone = await createTestZone();
    await zone.clock.advance(settleMs);
    const nodeId = newNodeId();
    const router = await linkRouter(zone, { nodeId });
    const meeting = specOf();
    const { epoch } = await zone.directory.locate(meeting, { isReturn: false });
    const checkpoint = checkpointOf(meeting);
    await router.peer.request('checkpoint.put', { meetingId: meeting.meetingId, epoch, rev: 3, checkpoint });
    router.peer.close();
    await zone.clock.advance(0);
    expect(zone.registry.all()).toEqual([]);
    const restarted = await linkRouter(zone, { nodeId });
    const reopened = restarted.meetings.get(meeting.meetingId);
    expect(reopened?.checkpoint).toEqual(checkpoint);
    expect(reopened?.epoch).toBeGreaterThan(epoch);
    // So that the same facts are not merged into it again.
    expect(restarted.openedFrom).toBe(epoch);
    const located = await zone.directory.locate(meeting, { isReturn: true });
    expect(located.router.routerId).toBe(restarted.routerId);
    expect(restarted.opens).toBe(1);
  });

  test('a rejoin that comes first waits for the new one and opens the meeting from the checkpoint', async () => {
    const zone = await createTestZone();
    await zone.clock.advance(settleMs);
    const router = await linkRouter(zone);
    const meeting = specOf();
    const { epoch } = await zone.directory.locate(meeting, { isReturn: false });
    const checkpoint = checkpointOf(meeting);
    await router.peer.request('checkpoint.put', { meetingId: meeting.meetingId, epoch, rev: 3, checkpoint });
    router.peer.close();
    await zone.clock.advance(0);
    const waiting = zone.directory.locate(meeting, { isReturn: true });
    await zone.clock.advance(800);
    const restarted = await linkRouter(zone);
    expect((await waiting).router.routerId).toBe(restarted.routerId);
    expect(restarted.opens).toBe(1);
    expect(restarted.meetings.get(meeting.meetingId)?.checkpoint?.locked).toBe(true);
  });

  test('a link that is made anew by the same router keeps its meetings', async () => {
    const zone = await createTestZone();
    const router = await linkRouter(zone);
    const meeting = specOf();
    const { epoch } = await zone.directory.locate(meeting, { isReturn: false });
    const again = new FakeRouter(zone, router);
    again.meetings.set(meeting.meetingId, { epoch, checkpoint: null, startedAtMs: 1 });
    await again.register();
    again.report();
    await zone.clock.advance(0);
    expect(router.peer.isClosed).toBe(true);
    expect(zone.registry.all()).toHaveLength(1);
    await zone.directory.locate(meeting, { isReturn: true });
    expect(again.opens).toBe(0);
  });
});

describe('the controller restarts', () => {
  test('a rejoin waits for the router to say that it has the meeting, and does not open it twice', async () => {
    const path = temporaryFile();
    const before = await createTestZone({ path });
    const router = await linkRouter(before);
    const meeting = specOf();
    const { epoch } = await before.directory.locate(meeting, { isReturn: false });
    const checkpoint = checkpointOf(meeting);
    await router.peer.request('checkpoint.put', { meetingId: meeting.meetingId, epoch, rev: 3, checkpoint });
    before.directory.close();
    before.database.close();

    const zone = { ...before, ...before.reopen() };
    const idle = await linkRouter(zone);
    const waiting = zone.directory.locate(meeting, { isReturn: true });
    await zone.clock.advance(500);
    const owner = new FakeRouter(zone, { routerId: router.routerId, nodeId: router.nodeId });
    owner.meetings.set(meeting.meetingId, { epoch, checkpoint: null, startedAtMs: 1 });
    await owner.register();
    expect((await waiting).router.routerId).toBe(router.routerId);
    await zone.clock.advance(settleMs);
    expect(idle.opens + owner.opens).toBe(0);
    zone.database.close();
  });

  test('what no router reports is opened again when the zone has settled', async () => {
    const path = temporaryFile();
    const before = await createTestZone({ path });
    const router = await linkRouter(before);
    const meeting = specOf();
    const { epoch } = await before.directory.locate(meeting, { isReturn: false });
    const checkpoint = checkpointOf(meeting);
    await router.peer.request('checkpoint.put', { meetingId: meeting.meetingId, epoch, rev: 3, checkpoint });
    before.directory.close();
    before.database.close();

    const zone = { ...before, ...before.reopen() };
    const fresh = await linkRouter(zone);
    expect(fresh.opens).toBe(0);
    await zone.clock.advance(settleMs);
    const reopened = fresh.meetings.get(meeting.meetingId);
    expect(reopened).toMatchObject({ checkpoint });
    expect(reopened?.epoch).toBeGreaterThan(epoch);
    zone.database.close();
  });
});

describe('the controller has just started, and the other one opened a meeting and is gone', () => {
  /** A zone of two controllers, each with a router on its VM; the one of the other VM has not dialled in yet. */
  const zoneOfTwo = async () => {
    const zone = await createTestZone();
    const otherId = newNodeId();
    const [own] = zone.policyOfZone.nodes;
    if (!own) throw new Error('no node');
    const nodes = [own, { ...own, nodeId: otherId }];
    zone.policy.accept({ ...zone.policyOfZone, rev: 2, nodes }, { isCurrent: true });
    const idle = await linkRouter(zone, { nodeId: own.nodeId });
    const other = new FakeRouter(zone, { nodeId: otherId });
    return { zone, idle, other };
  };

  test('nobody is led elsewhere before the router that has it was heard', async () => {
    const { zone, idle, other } = await zoneOfTwo();
    const meeting = specOf();
    const waiting = zone.directory.locate(meeting, { isReturn: true });
    await zone.clock.advance(500);
    other.meetings.set(meeting.meetingId, { epoch: 7, checkpoint: null, startedAtMs: 1 });
    await other.register();
    expect(await waiting).toMatchObject({ router: { routerId: other.routerId }, epoch: 7 });
    expect(idle.opens + other.opens).toBe(0);
  });

  test('a meeting that no router has is opened as soon as all were heard', async () => {
    const { zone, idle, other } = await zoneOfTwo();
    const waiting = zone.directory.locate(specOf(), { isReturn: false });
    await zone.clock.advance(500);
    expect(idle.opens).toBe(0);
    await other.register();
    await waiting;
    expect(idle.opens + other.opens).toBe(1);
  });

  test('a router that does not come is not waited for longer than people wait', async () => {
    const { zone, idle } = await zoneOfTwo();
    const waiting = zone.directory.locate(specOf(), { isReturn: false });
    await zone.clock.advance(2_000);
    await waiting;
    expect(idle.opens).toBe(1);
  });
});

describe('two copies of a meeting', () => {
  test('the older one is told to end and its people come to the newer one', async () => {
    const zone = await createTestZone();
    const owner = await linkRouter(zone);
    const meeting = specOf();
    zone.store.raiseEpoch(meeting.meetingId, 4);
    const { epoch } = await zone.directory.locate(meeting, { isReturn: false });
    const older = epoch - 1;
    const paused = new FakeRouter(zone);
    paused.meetings.set(meeting.meetingId, { epoch: older, checkpoint: null, startedAtMs: 1 });
    await paused.register();
    await zone.clock.advance(0);
    expect(paused.ended).toEqual([{ meetingId: meeting.meetingId, reason: 'moved' }]);
    expect(owner.ended).toEqual([]);
    const put = { meetingId: meeting.meetingId, epoch: older, rev: 9, checkpoint: checkpointOf(meeting, 9) };
    await expect(paused.peer.request('checkpoint.put', put)).rejects.toMatchObject({
      code: 'zone.stale-epoch',
    });
    const newer = new FakeRouter(zone, { routerId: newRouterId() });
    newer.meetings.set(meeting.meetingId, { epoch: epoch + 5, checkpoint: null, startedAtMs: 1 });
    await newer.register();
    await zone.clock.advance(0);
    expect(owner.ended).toEqual([{ meetingId: meeting.meetingId, reason: 'moved' }]);
    expect((await zone.directory.locate(meeting, { isReturn: true })).router.routerId).toBe(newer.routerId);
  });

  test('a controller that lost its disk catches up with the epoch the router obeys', async () => {
    const zone = await createTestZone();
    const router = await linkRouter(zone);
    const meeting = specOf();
    router.highestEpoch.set(meeting.meetingId, 200);
    const { epoch } = await zone.directory.locate(meeting, { isReturn: false });
    expect(epoch).toBeGreaterThanOrEqual(200);
  });
});

describe('ending from the portal', () => {
  test('reaches the router, and a meeting whose router is gone stays ended', async () => {
    const zone = await createTestZone();
    await zone.clock.advance(settleMs);
    const router = await linkRouter(zone);
    const meeting = specOf();
    const { epoch } = await zone.directory.locate(meeting, { isReturn: false });
    const checkpoint = checkpointOf(meeting);
    await router.peer.request('checkpoint.put', { meetingId: meeting.meetingId, epoch, rev: 3, checkpoint });
    router.peer.close();
    await zone.clock.advance(0);
    await zone.directory.end(meeting.meetingId, 'ended-by-portal');
    await zone.directory.end(meeting.meetingId, 'ended-by-portal');
    const restarted = await linkRouter(zone);
    expect(restarted.opens).toBe(0);
    expect(zone.outbox.peek(10).events.map(({ event }) => event.kind)).toEqual(['meeting.ended']);

    // A router that was cut off and still has it is told when it comes back.
    const returned = new FakeRouter(zone, { routerId: router.routerId, nodeId: router.nodeId });
    returned.meetings.set(meeting.meetingId, { epoch, checkpoint: null, startedAtMs: 1 });
    await returned.register();
    await zone.clock.advance(0);
    expect(returned.ended).toEqual([{ meetingId: meeting.meetingId, reason: 'ended-by-portal' }]);
  });
});

describe('opening fails', () => {
  test('on one router: the next one is tried; on all: the person is told', async () => {
    const zone = await createTestZone();
    const [first, second] = [await linkRouter(zone), await linkRouter(zone)];
    const broken = new GuildhallError('media.unavailable', 'The media engine is not ready.');
    first.refuseOpenWith = broken;
    const located = await zone.directory.locate(specOf(), { isReturn: false });
    expect(located.router.routerId).toBe(second.routerId);
    second.refuseOpenWith = broken;
    const unlucky = zone.directory.locate(specOf(), { isReturn: false });
    const failure = await failureOf(zone, unlucky);
    expect(failure).toMatchObject({ code: 'zone.open-failed', retryAfterMs: 1_000 });
  });
});

test('a connector older than the minimum opens no new meeting, and loses none that runs', async () => {
  const zone = await createTestZone();
  await zone.clock.advance(settleMs);
  const nodeId = newNodeId();
  const router = await linkRouter(zone, { nodeId });
  const running = specOf();
  const { epoch } = await zone.directory.locate(running, { isReturn: false });
  const checkpoint = checkpointOf(running);
  await router.peer.request('checkpoint.put', { meetingId: running.meetingId, epoch, rev: 1, checkpoint });
  const fromMs = zone.clock.now() + 60_000;
  const rule = { minimumVersion: { version: '99.0.0', fromMs } };
  zone.policy.accept({ ...zone.policyOfZone, ...rule, rev: 9 }, { isCurrent: true });
  expect((await zone.directory.locate(specOf(), { isReturn: false })).router.routerId).toBe(router.routerId);
  await zone.clock.advance(60_000);
  await linkRouter(zone, { nodeId });
  const refused = await failureOf(zone, zone.directory.locate(specOf(), { isReturn: false }));
  expect(refused).toMatchObject({ code: 'connector.outdated' });
  expect((await zone.directory.locate(running, { isReturn: false })).router).toBeDefined();
});

describe('a router drains', () => {
  test('takes no new meeting, keeps its own, and takes them again afterwards', async () => {
    const zone = await createTestZone();
    await zone.clock.advance(settleMs);
    const router = await linkRouter(zone);
    const running = specOf();
    await zone.directory.locate(running, { isReturn: false });
    router.draining = true;
    router.report();
    await zone.clock.advance(0);
    expect((await zone.directory.locate(running, { isReturn: false })).router.routerId).toBe(router.routerId);
    const fresh = specOf();
    expect(await failureOf(zone, zone.directory.locate(fresh, { isReturn: false }))).toMatchObject({
      code: 'zone.no-router',
      message: expect.stringContaining('draining'),
    });
    const waiting = zone.directory.locate(fresh, { isReturn: false });
    router.draining = false;
    router.report();
    expect((await waiting).router.routerId).toBe(router.routerId);
  });
});

describe('what is known may be old', () => {
  test('a router that obeys a far newer order than this controller has heard of is got ahead of', async () => {
    const zone = await createTestZone();
    await zone.clock.advance(settleMs);
    const router = await linkRouter(zone);
    const meeting = specOf();
    router.highestEpoch.set(meeting.meetingId, 50_000_000);
    const { epoch } = await zone.directory.locate(meeting, { isReturn: false });
    expect(epoch).toBeGreaterThan(50_000_000);
  });

  test('after a pause nobody is sent anywhere before what was told meanwhile is heard', async () => {
    const zone = await createTestZone();
    await zone.clock.advance(settleMs);
    const router = await linkRouter(zone);
    const meeting = specOf();
    const heard = Promise.withResolvers<void>();
    zone.directory.distrust(heard.promise);
    const waiting = zone.directory.locate(meeting, { isReturn: false });
    await zone.clock.advance(1_000);
    expect(router.opens).toBe(0);
    heard.resolve();
    await waiting;
    expect(router.opens).toBe(1);
  });

  test('a meeting moves with what its router has, not with what that has stored', async () => {
    const zone = await createTestZone();
    await zone.clock.advance(settleMs);
    const from = await linkRouter(zone);
    const meeting = specOf();
    const { meetingId } = meeting;
    const { epoch } = await zone.directory.locate(meeting, { isReturn: false });
    const put = { meetingId, epoch, rev: 3, checkpoint: checkpointOf(meeting) };
    await from.peer.request('checkpoint.put', put);
    const newer = { ...put.checkpoint, rev: 9, locked: false };
    from.meetings.set(meetingId, { epoch, checkpoint: newer, startedAtMs: 1 });
    const to = await linkRouter(zone);
    const linked = zone.registry.get(from.routerId);
    if (!linked) throw new Error('it is linked');
    expect(await zone.directory.move(meetingId, linked)).toBe(true);
    expect(to.meetings.get(meetingId)?.checkpoint).toEqual(newer);
  });
});
