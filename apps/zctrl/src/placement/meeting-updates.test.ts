import { silentLogger } from '@guildhall/kit';
import { GuildhallError } from '@guildhall/rpc';
import { expect, test } from 'vitest';
import { createTestZone, linkRouter, newMeetingId, specOf } from '../testing.ts';
import { MeetingUpdates } from './meeting-updates.ts';

async function scene() {
  const zone = await createTestZone();
  const { directory, registry, clock } = zone;
  const updates = new MeetingUpdates({ meetings: directory, registry, clock, logger: silentLogger });
  registry.onChange(() => updates.look());
  const router = await linkRouter(zone);
  const { meetingId } = specOf();
  await directory.locate(specOf(meetingId), { isReturn: false });
  const update = (atMs: number) => ({ meetingId, atMs, settings: { lobby: atMs % 2 === 0 } });
  return { zone, updates, router, meetingId, update };
}

test('a change goes to the router of the meeting, in order; of what does not run nothing is told', async () => {
  const { zone, updates, router, update } = await scene();
  const other = await linkRouter(zone);
  updates.take(update(1));
  updates.take({ ...update(2), meetingId: newMeetingId() });
  updates.take(update(3));
  await zone.clock.advance(0);
  expect(router.updates).toEqual([update(1), update(3)]);
  expect(other.updates).toEqual([]);
  updates.close();
});

test('a change that meets a move, or the death of the router, comes to the next one', async () => {
  const { zone, updates, router, meetingId, update } = await scene();
  // Refused in the middle of a move: the router stands still and sends everything that waits on to the next one.
  router.refuseUpdateWith = new GuildhallError('link.closed', 'This meeting goes on on another router.');
  updates.take(update(1));
  await zone.clock.advance(0);
  router.refuseUpdateWith = undefined;
  await zone.clock.advance(1_000);
  expect(router.updates).toEqual([update(1)]);
  const next = await linkRouter(zone);
  router.peer.close();
  await zone.clock.advance(0);
  updates.take(update(2));
  updates.take(update(3));
  await zone.clock.advance(0);
  expect(next.updates).toEqual([]);
  await zone.directory.locate(specOf(meetingId), { isReturn: true });
  await zone.clock.advance(1_000);
  expect(next.updates).toEqual([update(2), update(3)]);
  updates.close();
});

test('what was missed grows older while it waits, and comes to the router of the meeting', async () => {
  const { zone, updates, router, meetingId } = await scene();
  const change = { agoMs: 1_000, atMs: 7, settings: { lobby: true } };
  router.refuseUpdateWith = new GuildhallError('link.closed', 'This meeting goes on on another router.');
  updates.catchUp({ meetingId, changes: [change] });
  updates.catchUp({ meetingId: newMeetingId(), changes: [change] });
  await zone.clock.advance(0);
  router.refuseUpdateWith = undefined;
  await zone.clock.advance(500);
  expect(router.caughtUp).toEqual([{ meetingId, changes: [{ ...change, agoMs: 1_500 }] }]);
  updates.close();
});

test('a router of before is asked once, and one that could not store is not asked again', async () => {
  const { zone, updates, router, update } = await scene();
  for (const code of ['request.unknown-method', 'meeting.not-stored']) {
    router.refuseUpdateWith = new GuildhallError(code, 'no');
    updates.take(update(1));
    await zone.clock.advance(0);
    router.refuseUpdateWith = undefined;
    await zone.clock.advance(5_000);
    expect(router.updates).toEqual([]);
  }
  updates.close();
  updates.close();
});
