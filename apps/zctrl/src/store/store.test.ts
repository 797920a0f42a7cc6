import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ParticipantIdSchema, type MeetingEvent } from '@guildhall/protocol';
import { afterEach, describe, expect, test } from 'vitest';
import { checkpointOf, createTestZone, newMeetingId, specOf } from '../testing.ts';

const directories: string[] = [];
afterEach(() => {
  for (const directory of directories.splice(0)) rmSync(directory, { recursive: true, force: true });
});
const temporaryFile = (): string => {
  const directory = mkdtempSync(join(tmpdir(), 'zctrl-'));
  directories.push(directory);
  return join(directory, 'zctrl.sqlite');
};

const started = (): MeetingEvent => ({ kind: 'meeting.started', meetingId: newMeetingId(), atMs: 1 });
const joined = (): MeetingEvent => ({
  kind: 'participant.joined',
  meetingId: newMeetingId(),
  atMs: 1,
  participantId: ParticipantIdSchema.parse('prt_0000000000'),
  name: 'Ada',
  role: 'guest',
});

describe('checkpoints', () => {
  test('one that overtook another is kept, and both are answered', async () => {
    const { store } = await createTestZone();
    const spec = specOf();
    const { meetingId } = spec;
    const put = (rev: number) =>
      store.putCheckpoint({ meetingId, epoch: 1, rev, checkpoint: checkpointOf(spec, rev) });
    await Promise.all([put(7), put(6), put(5)]);
    await put(4);
    expect(store.checkpointOf(meetingId)?.rev).toBe(7);
    // A new opening counts anew from its checkpoint.
    await store.putCheckpoint({ meetingId, epoch: 2, rev: 1, checkpoint: checkpointOf(spec, 1) });
    expect(store.checkpointOf(meetingId)?.rev).toBe(1);
    await expect(put(8)).rejects.toMatchObject({ code: 'zone.stale-epoch' });
    expect(store.checkpointOf(meetingId)?.rev).toBe(1);
  });

  test('what was answered is on disk', async () => {
    const path = temporaryFile();
    const zone = await createTestZone({ path });
    const spec = specOf();
    const checkpoint = checkpointOf(spec, 2);
    await zone.store.putCheckpoint({ meetingId: spec.meetingId, epoch: 4, rev: 2, checkpoint });
    // No orderly close: a second connection sees what the killed process had answered.
    const { store, database } = zone.reopen();
    expect(store.openMeetings()).toEqual([{ meetingId: spec.meetingId, epoch: 4, checkpoint }]);
    database.close();
    zone.database.close();
  });

  test('an end forgets the checkpoint, tells the cloud once and ignores what arrives late', async () => {
    const { store, outbox } = await createTestZone();
    const spec = specOf();
    const { meetingId } = spec;
    const late = { meetingId, epoch: 1, rev: 9, checkpoint: checkpointOf(spec, 9) };
    await store.putCheckpoint(late);
    const end = { meetingId, epoch: 1, reason: 'ended-by-host', atMs: 5 } as const;
    store.endMeeting(end);
    store.endMeeting(end);
    await store.putCheckpoint(late);
    expect(store.checkpointOf(meetingId)).toBeNull();
    expect(outbox.peek(10).events.map(({ event }) => event)).toEqual([
      { kind: 'meeting.ended', meetingId, atMs: 5, reason: 'ended-by-host' },
    ]);
    store.raiseEpoch(meetingId, 2);
    expect(store.endOf(meetingId)).toBeNull();
    expect(() => store.endMeeting(end)).toThrow(expect.objectContaining({ code: 'zone.stale-epoch' }));
  });

  test('a disk that fails is said to the router, and the next write works', async () => {
    const { store, database } = await createTestZone();
    const spec = specOf();
    const put = { meetingId: spec.meetingId, epoch: 1, rev: 1, checkpoint: checkpointOf(spec) };
    database.exec('PRAGMA query_only = 1');
    await expect(store.putCheckpoint(put)).rejects.toMatchObject({ code: 'store.unavailable' });
    database.exec('PRAGMA query_only = 0');
    await store.putCheckpoint(put);
    expect(store.checkpointOf(spec.meetingId)).not.toBeNull();
  });
});

describe('the outbox', () => {
  test('remembers the batches of a day, and forgets older ones without a restart', async () => {
    const { outbox, clock, database } = await createTestZone();
    const batches = () => database.prepare('SELECT count(*) AS count FROM outbox_batches').get();
    for (let hour = 0; hour < 72; hour++) {
      outbox.put(`batch-of-${hour}`, [started()]);
      await clock.advance(3_600_000);
    }
    expect(Number(batches()?.['count'])).toBeLessThanOrEqual(26);
    const { size } = outbox;
    outbox.put('batch-of-60', [started()]);
    expect(outbox.size).toBe(size);
  });

  test('stores a repeated batch once and counts on after a restart', async () => {
    const path = temporaryFile();
    const zone = await createTestZone({ path });
    zone.outbox.put('batch-0001', [started(), joined()]);
    zone.outbox.put('batch-0001', [started(), joined()]);
    expect(zone.outbox.size).toBe(2);
    zone.outbox.ack(2);
    zone.database.close();
    const { outbox, database } = zone.reopen();
    expect(outbox.epoch).toBe(zone.outbox.epoch);
    outbox.put('batch-0002', [started()]);
    // A number is never used twice, even when everything before it is gone.
    expect(outbox.peek(5).events.map(({ seq }) => seq)).toEqual([3]);
    database.close();
  });

  test('is bounded: comings and goings are dropped before meetings', async () => {
    const { outbox } = await createTestZone();
    for (let batch = 0; batch < 60; batch++)
      outbox.put(`batch-${1000 + batch}`, [started(), joined(), joined()]);
    const { events } = outbox.peek(1_000);
    expect(events.length).toBeLessThanOrEqual(100);
    expect(outbox.size).toBe(events.length);
    expect(events.filter(({ event }) => event.kind === 'meeting.started')).toHaveLength(60);
    // What went is counted in its place: 180 came, and nothing is lost silently.
    const lost = events.flatMap(({ event }) => (event.kind === 'events.lost' ? [event.count] : []));
    expect(lost).toHaveLength(1);
    expect(events.length - 1 + (lost[0] ?? 0)).toBe(180);
    expect(events.map(({ seq }) => seq)).toEqual(events.map(({ seq }) => seq).toSorted((a, b) => a - b));
  });
});

test('the outbox counts what it drops, also by bytes, and leaves alone what may be at the cloud already', async () => {
  const { outbox } = await createTestZone({ maxOutboxBytes: 4_000 });
  outbox.put('batch-0000', [joined(), joined()]);
  outbox.markSent(2);
  for (let batch = 1; batch <= 100; batch++) outbox.put(`batch-${1000 + batch}`, [joined()]);
  const { events } = outbox.peek(1_000);
  const text = JSON.stringify(events.map(({ event }) => event));
  expect(text.length).toBeLessThan(4_500);
  expect(events.slice(0, 3).map(({ seq, event }) => [seq, event.kind])).toEqual([
    [1, 'participant.joined'],
    [2, 'participant.joined'],
    [3, 'events.lost'],
  ]);
  const counted = events.map(({ event }) => (event.kind === 'events.lost' ? event.count : 1));
  expect(counted.reduce((sum, one) => sum + one, 0)).toBe(102);
  outbox.ack(events.at(-1)?.seq ?? 0);
  expect(outbox.size).toBe(0);
});

test('a full disk: what needs a commit is refused, what only reads goes on, and it heals', async () => {
  const { outbox, store, database } = await createTestZone();
  const spec = specOf();
  await store.putCheckpoint({ meetingId: spec.meetingId, epoch: 1, rev: 1, checkpoint: checkpointOf(spec) });
  const pages = Number(Object.values(database.prepare('PRAGMA page_count').get() ?? {})[0]);
  database.exec(`PRAGMA max_page_count = ${pages}`);
  const fill = (): void => {
    for (let batch = 0; batch < 500; batch++) outbox.put(`full-${1000 + batch}`, [started()]);
  };
  expect(fill).toThrow(expect.objectContaining({ code: 'store.unavailable' }));
  expect(store.checkpointOf(spec.meetingId)).not.toBeNull();
  const { events } = outbox.peek(1_000);
  expect(outbox.size).toBe(events.length);
  database.exec('PRAGMA max_page_count = 1000000');
  outbox.put('after-0001', [started()]);
  expect(outbox.size).toBe(events.length + 1);
});

describe('the policy', () => {
  test('survives a restart, only grows while connected, and changes its zone only with the answer to register', async () => {
    const path = temporaryFile();
    const zone = await createTestZone({ path });
    const { policy, policyOfZone } = zone;
    const told: number[] = [];
    policy.onChange(({ rev }) => told.push(rev));
    expect(policy.accept({ ...policyOfZone, rev: 5 }, { isCurrent: false })).toBe(true);
    expect(policy.accept({ ...policyOfZone, rev: 4 }, { isCurrent: false })).toBe(false);
    const { zoneId } = (await createTestZone()).identity;
    expect(policy.accept({ ...policyOfZone, rev: 6, zoneId }, { isCurrent: false })).toBe(false);
    expect(policy.accept({ ...policyOfZone, rev: 1, zoneId }, { isCurrent: true })).toBe(true);
    expect(told).toEqual([5, 1]);
    zone.database.close();
    const { policy: reloaded, database } = zone.reopen();
    expect(reloaded.current).toMatchObject({ rev: 1, zoneId });
    database.close();
  });
});
