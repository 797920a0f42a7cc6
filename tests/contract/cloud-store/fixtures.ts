import { openStore, type Store } from '@guildhall/cloud/store';
import type { AccountId, MeetingId, NodeId, UserId, ZoneId } from '@guildhall/domain';
import {
  AccountIdSchema,
  MeetingIdSchema,
  newIdText,
  NodeIdSchema,
  ParticipantIdSchema,
  UserIdSchema,
  ZoneIdSchema,
} from '@guildhall/protocol';
import { openSettings } from '@guildhall/testkit/meeting-settings';
import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startPostgres } from '../support/postgres.ts';

export const nowMs = Date.UTC(2030, 0, 1, 12);

export const newId = {
  account: () => AccountIdSchema.parse(newIdText('account', randomBytes)),
  user: () => UserIdSchema.parse(newIdText('user', randomBytes)),
  meeting: () => MeetingIdSchema.parse(newIdText('meeting', randomBytes)),
  zone: () => ZoneIdSchema.parse(newIdText('zone', randomBytes)),
  node: () => NodeIdSchema.parse(newIdText('node', randomBytes)),
  participant: () => ParticipantIdSchema.parse(newIdText('participant', randomBytes)),
};

let runs = 0;
export const open = (target: { dataDir: string; databaseUrl?: string }): Promise<Store> =>
  openStore({ ...target, newRunId: () => `run_${++runs}` });

/** An empty store on a database of its own. */
export async function storeOn(
  engine: 'sqlite' | 'postgres',
): Promise<{ readonly store: Store; readonly close: () => Promise<void> }> {
  const cluster = engine === 'postgres' ? await startPostgres() : undefined;
  const dataDir = mkdtempSync(join(tmpdir(), 'guildhall-store-'));
  const store = await open({ dataDir, ...(cluster && { databaseUrl: await cluster.createDatabase() }) });
  const close = async (): Promise<void> => {
    await store.close();
    await cluster?.close();
    rmSync(dataDir, { recursive: true, force: true });
  };
  return { store, close };
}

export async function addAccount(store: Store): Promise<AccountId> {
  const accountId = newId.account();
  const authority = { certPem: 'cert', keyPem: 'key' };
  await store.accounts.insert({ id: accountId, name: 'Acme', authority, createdAtMs: nowMs });
  return accountId;
}

export async function addUser(
  store: Store,
  accountId: AccountId,
  change: { email?: string; role?: 'owner' | 'admin' | 'member' } = {},
): Promise<UserId> {
  const userId = newId.user();
  await store.users.insert({
    id: userId,
    accountId,
    email: change.email ?? `${userId}@example.org`,
    name: 'Ana',
    role: change.role ?? 'member',
    passwordHash: 'hash',
    createdAtMs: nowMs,
  });
  return userId;
}

export async function addMeeting(
  store: Store,
  host: { accountId: AccountId; userId: UserId },
  change: { number?: string; startsAtMs?: number; createdAtMs?: number } = {},
): Promise<MeetingId> {
  const id = newId.meeting();
  const createdAtMs = change.createdAtMs ?? nowMs;
  const { startsAtMs } = change;
  await store.meetings.insert({
    id,
    accountId: host.accountId,
    hostUserId: host.userId,
    number: change.number ?? String(1_000_000_000 + Math.floor(Math.random() * 8_999_999_999)),
    topic: 'Weekly',
    kind: startsAtMs === undefined ? 'instant' : 'scheduled',
    startsAtMs: startsAtMs ?? null,
    durationMinutes: startsAtMs === undefined ? null : 60,
    timeZone: startsAtMs === undefined ? null : 'Europe/Madrid',
    passcode: 'abc123',
    settings: openSettings,
    sortAtMs: startsAtMs ?? createdAtMs,
    expectedEndMs: (startsAtMs ?? createdAtMs + 23 * 3_600_000) + 3_600_000,
    createdAtMs,
  });
  return id;
}

export async function addNode(
  store: Store,
  accountId: AccountId,
): Promise<{ nodeId: NodeId; zoneId: ZoneId }> {
  const zoneId = newId.zone();
  await store.connectors.insertZone({ id: zoneId, accountId, name: 'Main zone', createdAtMs: nowMs });
  const nodeId = newId.node();
  await store.connectors.enrol(nodeFacts({ nodeId, accountId, zoneId }));
  return { nodeId, zoneId };
}

export const nodeFacts = (at: { nodeId: NodeId; accountId: AccountId; zoneId: ZoneId; x?: string }) => ({
  id: at.nodeId,
  accountId: at.accountId,
  zoneId: at.zoneId,
  name: 'vm-1',
  role: 'controller' as const,
  version: '0.1.0',
  publicKey: {
    kty: 'OKP' as const,
    crv: 'Ed25519' as const,
    x: at.x ?? randomBytes(32).toString('base64url'),
    kid: at.nodeId,
  },
  enrolledAtMs: nowMs,
});
