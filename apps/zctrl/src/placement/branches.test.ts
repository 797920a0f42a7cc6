import type { MeetingId, ParticipantId } from '@guildhall/domain';
import { ParticipantIdSchema } from '@guildhall/protocol';
import { GuildhallError } from '@guildhall/rpc';
import { expect, test } from 'vitest';
import {
  checkpointOf,
  createTestZone,
  failureOf,
  linkRouter,
  specOf,
  type FakeRouter,
  type TestZone,
} from '../testing.ts';

const settleMs = 3_000;

/** Three routers with two seats each, and a meeting that has taken those of one. */
const start = async () => {
  const zone = await createTestZone();
  const limits = { participantsPerRouter: 2, meetingsPerRouter: 10 };
  zone.policy.accept({ ...zone.policyOfZone, rev: 2, limits }, { isCurrent: true });
  await zone.clock.advance(settleMs);
  const routers = [await linkRouter(zone), await linkRouter(zone), await linkRouter(zone)];
  const meeting = specOf();
  const join = async (isReturn = false): Promise<FakeRouter> => {
    const { router } = await zone.directory.locate(meeting, { isReturn });
    const found = routers.find(({ routerId }) => routerId === router.routerId);
    if (!found) throw new Error('a router of the zone');
    return found;
  };
  const top = await join();
  await join();
  return { zone, routers, meeting, join, top };
};

const epochOn = (router: FakeRouter, { meetingId }: { meetingId: MeetingId }): number =>
  router.meetings.get(meetingId)?.epoch ?? 0;
const branchesOn = (routers: readonly FakeRouter[]): number[] => routers.map(({ branches }) => branches.size);

test('who finds no seat where the meeting is gets one at a branch, and the branch is filled before another is opened', async () => {
  const { zone, routers, meeting, join, top } = await start();
  const first = await join();
  expect(first).not.toBe(top);
  expect(first.branches.get(meeting.meetingId)).toEqual({ epoch: epochOn(top, meeting), top: top.routerId });
  expect(await join()).toBe(first);
  expect(branchesOn(routers).filter((count) => count > 0)).toEqual([1]);
  const second = await join();
  expect([top, first]).not.toContain(second);
  expect(await join()).toBe(second);
  expect(await failureOf(zone, join())).toMatchObject({
    code: 'zone.full',
    message: expect.stringContaining('2 of 2 seats are taken'),
  });
  // Somebody who was in is not turned away for that.
  expect(await join(true)).toBe(top);
  // Why: two decisions were made for branches beside that for the meeting.
  expect(zone.directory.decisions.map(({ why }) => why.code)).toEqual([
    'least-loaded',
    'least-loaded',
    'only-one',
  ]);
});

test('whoever asks again has one seat, and is sent elsewhere only when that one is no good any more', async () => {
  const { zone, routers, meeting, top } = await start();
  const ask = async (participantId: ParticipantId): Promise<FakeRouter | undefined> => {
    const { router } = await zone.directory.locate(meeting, { participantId, isReturn: false });
    return routers.find(({ routerId }) => routerId === router.routerId);
  };
  const ana = ParticipantIdSchema.parse('prt_Ana00000000');
  const ben = ParticipantIdSchema.parse('prt_Ben00000000');
  const branch = await ask(ana);
  for (let times = 0; times < 5; times += 1) expect(await ask(ana)).toBe(branch);
  expect(await ask(ben)).toBe(branch);
  expect(branchesOn(routers).filter((count) => count > 0)).toHaveLength(1);
  // It is drained: both get seats elsewhere.
  if (branch) branch.draining = true;
  branch?.report();
  await zone.clock.advance(0);
  const other = await ask(ana);
  expect([top, branch]).not.toContain(other);
  expect(await ask(ben)).toBe(other);
  expect(await ask(ana)).toBe(other);
});

test('whom a branch refused for its load, and who comes then, is seated elsewhere', async () => {
  const { zone, routers, meeting, top } = await start();
  const ask = async (participantId: ParticipantId): Promise<FakeRouter | undefined> => {
    const { router } = await zone.directory.locate(meeting, { participantId, isReturn: false });
    return routers.find(({ routerId }) => routerId === router.routerId);
  };
  const ana = ParticipantIdSchema.parse('prt_Ana00000000');
  const branch = await ask(ana);
  if (!branch) throw new Error('a branch');
  branch.overload = 'worker-cpu';
  branch.report();
  await zone.clock.advance(0);
  const other = await ask(ana);
  expect([top, branch, undefined]).not.toContain(other);
  expect(await ask(ParticipantIdSchema.parse('prt_Ben00000000'))).toBe(other);
});

test('the next branch is opened while there are still seats, so that a crowd need not wait for it', async () => {
  const zone = await createTestZone();
  const limits = { participantsPerRouter: 50, meetingsPerRouter: 10 };
  zone.policy.accept({ ...zone.policyOfZone, rev: 2, limits }, { isCurrent: true });
  await zone.clock.advance(settleMs);
  const routers = [await linkRouter(zone), await linkRouter(zone), await linkRouter(zone)];
  const meeting = specOf();
  const locate = () => zone.directory.locate(meeting, { isReturn: false });
  const opened = (): number => branchesOn(routers).filter((count) => count > 0).length;
  const { router: top } = await locate();
  for (let joined = 1; joined < 45; joined += 1) expect((await locate()).router).toBe(top);
  expect(opened()).toBe(0);
  for (let joined = 45; joined < 50; joined += 1) expect((await locate()).router).toBe(top);
  await zone.clock.advance(0);
  expect(opened()).toBe(1);
  // One for all of them, and it is used.
  const { router: branch } = await locate();
  expect(branch).not.toBe(top);
  expect(opened()).toBe(1);
});

test('a router that refuses a branch is passed over', async () => {
  const { routers, join, top } = await start();
  for (const router of routers) {
    if (router !== top) router.refuseOpenWith = new GuildhallError('media.unavailable', 'No worker.');
  }
  const [last] = routers.filter((router) => router !== top).slice(-1);
  if (last) last.refuseOpenWith = undefined;
  expect(await join()).toBe(last);
});

test('a branch its router does not report any more is opened anew when it is needed', async () => {
  const { zone, meeting, join, top } = await start();
  const branch = await join();
  branch.branches.clear();
  branch.report();
  top.participants = 2;
  top.report();
  await zone.clock.advance(0);
  const next = await join();
  expect(next.branches.get(meeting.meetingId)).toEqual({ epoch: epochOn(top, meeting), top: top.routerId });
});

test('a branch that is reported to a controller that knows nothing of it is used', async () => {
  const { zone, routers, meeting, join, top } = await start();
  const other = routers.find((router) => router !== top);
  other?.branches.set(meeting.meetingId, { epoch: epochOn(top, meeting), top: top.routerId });
  other?.report();
  top.participants = 2;
  top.report();
  await zone.clock.advance(0);
  expect(await join()).toBe(other);
  expect(branchesOn(routers).filter((count) => count > 0)).toEqual([1]);
});

test('when the owner dies the meeting is opened elsewhere and its branches are led there', async () => {
  const { zone, routers, meeting, join, top } = await start();
  const { meetingId } = meeting;
  const branch = await join();
  const epoch = epochOn(top, meeting);
  await top.peer.request('checkpoint.put', {
    meetingId,
    epoch,
    rev: 3,
    checkpoint: checkpointOf(meeting),
  });
  branch.report();
  await zone.clock.advance(0);
  top.peer.close();
  await settle(zone);
  // Or on the branch itself: then there is nothing left to lead.
  const owner = routers.find((router) => router !== top && router.meetings.has(meetingId));
  expect([owner?.routerId, branch.routerId]).toContain(
    owner === branch ? branch.routerId : branch.branches.get(meetingId)?.top,
  );
  expect(owner?.meetings.get(meetingId)?.epoch).toBeGreaterThan(epoch);
});

test('when the owner dies and every router is full, the meeting is opened at once where it has a branch', async () => {
  const { zone, routers, meeting, join, top } = await start();
  const { meetingId } = meeting;
  const branch = await join();
  const epoch = epochOn(top, meeting);
  const checkpoint = checkpointOf(meeting);
  await top.peer.request('checkpoint.put', { meetingId, epoch, rev: 3, checkpoint });
  // The third is full of other people's meetings, and would come first by its order.
  for (const router of routers) {
    router.participants = router === branch ? 3 : 2;
    router.report();
  }
  await zone.clock.advance(0);
  top.peer.close();
  await settle(zone);
  expect(branch.meetings.get(meetingId)?.epoch).toBeGreaterThan(epoch);
  expect(routers.filter((router) => router !== top && router.meetings.has(meetingId))).toEqual([branch]);
  expect(await join(true)).toBe(branch);
  expect(zone.directory.decisions.map(({ why }) => why.code)).toContain('has-branch');
});

const settle = async (zone: TestZone): Promise<void> => {
  for (let turns = 0; turns < 10; turns += 1) await zone.clock.advance(200);
};
