import type { Store } from '@guildhall/cloud/store';
import type { MeetingId } from '@guildhall/domain';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startPostgres, type PostgresCluster } from '../support/postgres.ts';
import { addAccount, addMeeting, addNode, addUser, newId, nodeFacts, nowMs, open } from './fixtures.ts';

const engines = ['sqlite', 'postgres'] as const;

async function scene(store: Store) {
  const accountId = await addAccount(store);
  const userId = await addUser(store, accountId);
  const { nodeId, zoneId } = await addNode(store, accountId);
  const meetingId = await addMeeting(store, { accountId, userId });
  const participantId = newId.participant();
  const batch = { nodeId, zoneId, accountId, epoch: 'epoch-1' };
  const joined = {
    kind: 'participant.joined',
    meetingId,
    atMs: nowMs + 1,
    participantId,
    name: 'Zoë',
    role: 'guest',
  } as const;
  const events = [
    { seq: 1, event: { kind: 'meeting.started', meetingId, atMs: nowMs } as const },
    { seq: 2, event: joined },
    {
      seq: 3,
      event: { kind: 'meeting.ended', meetingId, atMs: nowMs + 9, reason: 'ended-by-host' } as const,
    },
  ];
  return { accountId, userId, meetingId, participantId, batch, events };
}

describe.each(engines)('the cloud store on %s', (engine) => {
  let cluster: PostgresCluster | undefined;
  let store: Store;
  const directories: string[] = [];

  async function freshTarget(): Promise<{ dataDir: string; databaseUrl?: string }> {
    const dataDir = mkdtempSync(join(tmpdir(), 'guildhall-store-'));
    directories.push(dataDir);
    return { dataDir, ...(cluster && { databaseUrl: await cluster.createDatabase() }) };
  }

  beforeAll(async () => {
    if (engine === 'postgres') cluster = await startPostgres();
    store = await open(await freshTarget());
  });

  afterAll(async () => {
    await store?.close();
    await cluster?.close();
    for (const directory of directories) rmSync(directory, { recursive: true, force: true });
  });

  test('two programs that start at once on an empty database make one schema and one first account', async () => {
    const target = await freshTarget();
    const both = await Promise.all([open(target), open(target)]);
    await Promise.all(
      both.map((one) =>
        one.alone(async (inside) => {
          if ((await inside.accounts.count()) === 0) await addAccount(inside);
        }),
      ),
    );
    expect(await both[0].accounts.count()).toBe(1);
    await Promise.all(both.map((one) => one.close()));
    const again = await open(target);
    expect(await again.accounts.count()).toBe(1);
    await again.close();
  });

  test('a failed first start leaves nothing behind', async () => {
    const before = await store.accounts.count();
    const failing = store.alone(async (inside) => {
      await addAccount(inside);
      throw new Error('no authority');
    });
    await expect(failing).rejects.toThrow('no authority');
    expect(await store.accounts.count()).toBe(before);
  });

  test('an e-mail address is taken once, whatever its case', async () => {
    const accountId = await addAccount(store);
    await addUser(store, accountId, { email: 'Ana@Example.org' });
    const second = {
      id: newId.user(),
      accountId,
      email: 'aNA@example.ORG',
      name: 'B',
      role: 'member' as const,
    };
    expect(await store.users.insert({ ...second, passwordHash: 'h', createdAtMs: nowMs })).toBe(false);
    expect((await store.users.findForSignIn('ANA@EXAMPLE.ORG'))?.email).toBe('ana@example.org');
  });

  test('two owners who demote each other at once leave one owner', async () => {
    const accountId = await addAccount(store);
    const owners = [
      await addUser(store, accountId, { role: 'owner' }),
      await addUser(store, accountId, { role: 'owner' }),
    ];
    const results = await Promise.all(
      owners.map((id) => store.users.update(accountId, id, { role: 'member' })),
    );
    expect(results.toSorted()).toEqual(['done', 'last-owner']);
    const left = (await store.users.list(accountId)).filter((user) => user.role === 'owner');
    expect(left).toHaveLength(1);
    expect(await store.users.remove(accountId, left[0]?.id ?? newId.user())).toBe('last-owner');
  });

  test('a user of another account is not found', async () => {
    const mine = await addAccount(store);
    const foreign = await addUser(store, await addAccount(store));
    expect(await store.users.update(mine, foreign, { name: 'X' })).toBe('not-found');
    expect(await store.users.remove(mine, foreign)).toBe('not-found');
  });

  test('a session ends by expiry, by a new password elsewhere and with its user', async () => {
    const accountId = await addAccount(store);
    const userId = await addUser(store, accountId);
    const add = (tokenHash: string) =>
      store.sessions.insert({
        tokenHash,
        userId,
        createdAtMs: nowMs,
        seenAtMs: nowMs,
        expiresAtMs: nowMs + 1_000,
      });
    await Promise.all([add('one'), add('two')]);
    expect((await store.sessions.find('one', nowMs))?.user.id).toBe(userId);
    expect(await store.sessions.find('one', nowMs + 1_000)).toBeUndefined();
    await store.users.setPassword(userId, 'new', 'two');
    expect(await store.sessions.find('one', nowMs)).toBeUndefined();
    expect(await store.sessions.find('two', nowMs)).toBeDefined();
    await store.users.remove(accountId, userId);
    expect(await store.sessions.find('two', nowMs)).toBeUndefined();
  });

  test('a meeting comes back as it was stored; its number is unique in the installation', async () => {
    const accountId = await addAccount(store);
    const userId = await addUser(store, accountId);
    const startsAtMs = nowMs + 3_600_000;
    await addMeeting(store, { accountId, userId }, { number: '1234567890', startsAtMs });
    const found = await store.meetings.findByNumber('1234567890');
    expect(found).toMatchObject({ hostName: 'Ana', startsAtMs, durationMinutes: 60, isRunning: false });
    expect(found?.settings.screenShare).toBe('everyone');
    if (!found) throw new Error('not found');
    const { hostName: _h, isRunning: _r, startedAtMs: _s, endedAtMs: _e, endReason: _w, ...plan } = found;
    expect(await store.meetings.insert({ ...plan, id: newId.meeting() })).toBe(false);
    expect(await store.meetings.findOwn(await addUser(store, accountId), '1234567890')).toBeUndefined();
  });

  test('lists are paged without a gap or a repeat, upcoming by time and past newest first', async () => {
    const accountId = await addAccount(store);
    const userId = await addUser(store, accountId);
    for (let hour = -3; hour <= 3; hour++) {
      const startsAtMs = nowMs + hour * 3_600_000;
      await addMeeting(store, { accountId, userId }, { startsAtMs });
      // The same moment twice: the order must still be total.
      await addMeeting(store, { accountId, userId }, { startsAtMs });
    }
    const page = async (when: 'upcoming' | 'past') => {
      const seen: number[] = [];
      const ids = new Set<string>();
      let after: { sortAtMs: number; id: MeetingId } | undefined;
      for (;;) {
        const rows = await store.meetings.list({ hostUserId: userId, when, nowMs, limit: 3, after });
        for (const row of rows) {
          seen.push((row.sortAtMs - nowMs) / 3_600_000);
          ids.add(row.id);
        }
        const last = rows.at(-1);
        if (!last) return { seen, count: ids.size };
        after = { sortAtMs: last.sortAtMs, id: last.id };
      }
    };
    expect(await page('upcoming')).toEqual({ seen: [0, 0, 1, 1, 2, 2, 3, 3], count: 8 });
    expect(await page('past')).toEqual({ seen: [-1, -1, -2, -2, -3, -3], count: 6 });
  });

  test('one key enrols once, and never in a second account', async () => {
    const accountId = await addAccount(store);
    const { nodeId, zoneId } = await addNode(store, accountId);
    const [node] = await store.connectors.nodesOfZone(zoneId);
    const x = node?.publicKey.x ?? '';
    const again = await store.connectors.enrol({
      ...nodeFacts({ nodeId: newId.node(), accountId, zoneId, x }),
      name: 'vm-2',
    });
    expect(again).toMatchObject({ id: nodeId, name: 'vm-2' });
    const other = await addAccount(store);
    const elsewhere = nodeFacts({ nodeId: newId.node(), accountId: other, zoneId, x });
    expect(await store.connectors.enrol(elsewhere)).toBe('other-account');
    await store.connectors.registered(nodeId, '0.2.0', ['http://localhost:8802'], nowMs);
    expect(await store.connectors.node(nodeId)).toMatchObject({
      version: '0.2.0',
      urls: ['http://localhost:8802'],
    });
  });

  test('a policy gets a new revision when its facts change and only then', async () => {
    const { zoneId } = await addNode(store, await addAccount(store));
    const revs = [];
    for (const facts of ['a', 'a', 'b', 'b', 'a']) revs.push(await store.connectors.policyRev(zoneId, facts));
    expect(revs).toEqual([1, 1, 2, 2, 3]);
    const racing = await Promise.all(
      ['c', 'c', 'c'].map((facts) => store.connectors.policyRev(zoneId, facts)),
    );
    expect(racing).toEqual([4, 4, 4]);
  });

  describe('the history', () => {
    test('takes a repeated and an overlapping batch once', async () => {
      const { batch, events, meetingId, participantId } = await scene(store);
      const first = await store.history.store({ ...batch, events: events.slice(0, 2) });
      expect(first).toEqual({ ackedSeq: 2, started: [meetingId], ended: [], foreign: 0 });
      expect((await store.meetings.get(meetingId))?.isRunning).toBe(true);
      const rest = await store.history.store({ ...batch, events });
      expect(rest).toEqual({ ackedSeq: 3, started: [], ended: [meetingId], foreign: 0 });
      const repeat = await store.history.store({ ...batch, events });
      expect(repeat).toEqual({ ackedSeq: 3, started: [], ended: [], foreign: 0 });
      const runs = await store.history.runs(meetingId, 10);
      expect(runs).toHaveLength(1);
      expect(await store.history.participants(runs[0]?.id ?? '')).toEqual([
        expect.objectContaining({ participantId, name: 'Zoë', leftAtMs: nowMs + 9, leaveReason: 'ended' }),
      ]);
      expect(await store.meetings.get(meetingId)).toMatchObject({
        isRunning: false,
        endReason: 'ended-by-host',
      });
    });

    test('takes the same batch from many at once, once', async () => {
      const { batch, events, meetingId } = await scene(store);
      const results = await Promise.all(
        Array.from({ length: 5 }, () => store.history.store({ ...batch, events: events.slice(0, 1) })),
      );
      expect(results.flatMap((result) => result.started)).toEqual([meetingId]);
    });

    test('a hole that a zone tells of is in the log once, and what is around it is history', async () => {
      const { batch, events, accountId, meetingId } = await scene(store);
      const lost = { kind: 'events.lost', count: 5, fromMs: 10, toMs: 20 } as const;
      const told = { ...batch, events: [...events.slice(0, 1), { seq: 2, event: lost }] };
      expect(await store.history.store(told)).toMatchObject({
        ackedSeq: 2,
        started: [meetingId],
        foreign: 0,
      });
      expect(await store.history.store(told)).toMatchObject({ ackedSeq: 2, started: [] });
      const log = await store.events.page(accountId, { limit: 10 });
      const holes = log.filter(({ kind }) => kind === 'events.lost');
      expect(holes).toMatchObject([{ severity: 'warning', subject: batch.nodeId, atMs: 20 }]);
      expect(holes[0]?.detail).toMatch(/^5 /u);
      expect(await store.history.runs(meetingId, 10)).toHaveLength(1);
    });

    test('another outbox counts for itself, and a meeting that moved is still the same run', async () => {
      const { batch, events, meetingId } = await scene(store);
      await store.history.store({ ...batch, events: events.slice(0, 1) });
      const moved = { kind: 'meeting.ended', meetingId, atMs: nowMs + 5, reason: 'moved' } as const;
      const again = { kind: 'meeting.started', meetingId, atMs: nowMs + 6 } as const;
      const other = await store.history.store({
        ...batch,
        epoch: 'epoch-2',
        events: [
          { seq: 1, event: moved },
          { seq: 2, event: again },
        ],
      });
      expect(other).toEqual({ ackedSeq: 2, started: [], ended: [], foreign: 0 });
      expect(await store.history.runs(meetingId, 10)).toHaveLength(1);
    });

    test('never touches a meeting of another account', async () => {
      const mine = await scene(store);
      const foreign = await scene(store);
      const result = await store.history.store({ ...mine.batch, events: foreign.events });
      expect(result).toMatchObject({ started: [], ended: [], foreign: 3 });
      expect(await store.history.runs(foreign.meetingId, 10)).toEqual([]);
      expect((await store.meetings.get(foreign.meetingId))?.isRunning).toBe(false);
    });

    test('of a meeting deleted while it runs is still completed', async () => {
      const { batch, events, meetingId } = await scene(store);
      await store.history.store({ ...batch, events: events.slice(0, 2) });
      await store.meetings.remove(meetingId);
      await store.history.store({ ...batch, events });
      expect((await store.history.runs(meetingId, 10))[0]?.endedAtMs).toBe(nowMs + 9);
    });
  });

  test('the database going away is said as such, and it is used again when it is back', async () => {
    if (!cluster) return;
    await cluster.kill();
    await expect(store.accounts.count()).rejects.toMatchObject({ code: 'store.unavailable' });
    await cluster.restart();
    await expect.poll(() => store.accounts.count().catch(() => -1)).toBeGreaterThan(0);
  });
});
