import type { Store } from '@guildhall/cloud/store';
import { GroupIdSchema, newIdText } from '@guildhall/protocol';
import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { addAccount, addMeeting, addNode, addUser, newId, nowMs, storeOn } from './fixtures.ts';

describe.each(['sqlite', 'postgres'] as const)('hosting in the cloud store on %s', (engine) => {
  let store: Store;
  let close: (() => Promise<void>) | undefined;

  beforeAll(async () => {
    ({ store, close } = await storeOn(engine));
  });
  afterAll(() => close?.());

  const newGroup = async (accountId: Awaited<ReturnType<typeof addAccount>>, name: string) => {
    const id = GroupIdSchema.parse(newIdText('group', randomBytes));
    return { id, done: await store.hosting.insertGroup({ id, accountId, name, createdAtMs: nowMs }) };
  };

  test('an account that set nothing hosts on premises; each setting keeps the others', async () => {
    const accountId = await addAccount(store);
    expect(await store.hosting.settings(accountId)).toEqual({
      hosting: { place: 'on-premises', locked: false },
      defaultZoneId: null,
      minimum: null,
      enabledAtMs: null,
    });
    await store.hosting.setMinimum(accountId, { version: '1.2.0', fromMs: nowMs });
    await store.hosting.setAccountHosting(accountId, { place: 'elsewhere', locked: true });
    await store.hosting.setEnabledAt(accountId, nowMs);
    expect(await store.hosting.settings(accountId)).toEqual({
      hosting: { place: 'elsewhere', locked: true },
      defaultZoneId: null,
      minimum: { version: '1.2.0', fromMs: nowMs },
      enabledAtMs: nowMs,
    });
  });

  test('a person is in one group; a group that goes leaves its people', async () => {
    const accountId = await addAccount(store);
    const userId = await addUser(store, accountId);
    const sales = await newGroup(accountId, 'Sales');
    const board = await newGroup(accountId, 'Board');
    expect((await newGroup(accountId, 'sales')).done).toBe(false);
    await store.hosting.setMembers(accountId, sales.id, [userId, userId]);
    await store.hosting.setUserPlace(userId, 'elsewhere');
    await store.hosting.setMembers(accountId, board.id, [userId]);
    expect(await store.hosting.ofUser(userId)).toMatchObject({ groupId: board.id, place: 'elsewhere' });
    expect(await store.hosting.updateGroup(board.id, { name: 'SALES', place: null, locked: false })).toBe(
      false,
    );
    await store.hosting.removeGroup(board.id);
    expect(await store.hosting.ofUser(userId)).toEqual({ groupId: null, group: null, place: 'elsewhere' });
  });

  test('a zone limited to people who leave lets nobody in; a subnet is in one zone', async () => {
    const accountId = await addAccount(store);
    const userId = await addUser(store, accountId);
    const { zoneId } = await addNode(store, accountId);
    const other = newId.zone();
    await store.connectors.insertZone({ id: other, accountId, name: 'Other', createdAtMs: nowMs + 1 });
    await store.zones.setHosts(zoneId, { userIds: [userId], groupIds: [] });
    expect(await store.zones.setSubnets(accountId, zoneId, ['10.0.0.0/8', '10.0.0.0/8'])).toBeUndefined();
    expect(await store.zones.setSubnets(accountId, other, ['192.0.2.0/24', '10.0.0.0/8'])).toBe('10.0.0.0/8');
    await store.users.remove(accountId, userId);
    const limits = { participantsPerRouter: null, meetingsPerRouter: null };
    expect(await store.zones.list(accountId)).toEqual([
      {
        id: zoneId,
        name: 'Main zone',
        hosts: { userIds: [], groupIds: [] },
        subnets: ['10.0.0.0/8'],
        limits,
      },
      { id: other, name: 'Other', hosts: null, subnets: [], limits },
    ]);
    await store.zones.setLimits(zoneId, { participantsPerRouter: 50 });
    await store.zones.setLimits(zoneId, { meetingsPerRouter: 7 });
    await store.zones.setLimits(zoneId, {});
    expect(await store.zones.limitsOf(zoneId)).toEqual({ participantsPerRouter: 50, meetingsPerRouter: 7 });
    await store.zones.setLimits(zoneId, { participantsPerRouter: null });
    expect((await store.zones.list(accountId))[0]?.limits).toEqual({ ...limits, meetingsPerRouter: 7 });
    expect(await store.zones.limitsOf(other)).toEqual(limits);
    expect(await store.zones.remove(accountId, zoneId)).toBe(false);
    expect(await store.zones.remove(accountId, other)).toBe(true);
  });

  test('of those who give a meeting its zone at once, one wins, the first time and each time after', async () => {
    const accountId = await addAccount(store);
    const userId = await addUser(store, accountId);
    const meetingId = await addMeeting(store, { accountId, userId });
    const zones = [(await addNode(store, accountId)).zoneId, (await addNode(store, accountId)).zoneId];
    const race = async (chosenAtMs: number) => {
      const before = await store.zones.ofMeeting(meetingId);
      const kept = await Promise.all(
        zones.map((zoneId, index) =>
          store.zones.keepForMeeting(meetingId, { zoneId, chosenAtMs: chosenAtMs + index }, before),
        ),
      );
      const stored = await store.zones.ofMeeting(meetingId);
      expect(kept.at(-1)).toBe(stored?.zoneId);
      return kept;
    };
    expect(new Set(await race(nowMs)).size).toBe(1);
    expect(new Set(await race(nowMs + 3_600_000)).size).toBe(1);
  });
});
