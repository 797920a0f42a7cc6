import type { AccountId, MeetingId, NodeId } from '@guildhall/domain';
import type { Kysely } from 'kysely';
import type { Tables } from './schema.ts';

export interface MeetingName {
  readonly id: MeetingId;
  readonly number: string;
  readonly topic: string;
  readonly hostName: string;
}

/** What monitoring reads of the account's other tables, and the little it writes there. */
export class Monitored {
  readonly #db: Kysely<Tables>;

  constructor(db: Kysely<Tables>) {
    this.#db = db;
  }

  /** Meetings of another account are left out, whatever a zone reports. */
  async meetingNames(accountId: AccountId, ids: readonly MeetingId[]): Promise<MeetingName[]> {
    if (ids.length === 0) return [];
    return this.#db
      .selectFrom('meetings')
      .innerJoin('users', 'users.id', 'meetings.hostUserId')
      .select(['meetings.id', 'meetings.number', 'meetings.topic', 'users.name as hostName'])
      .where('meetings.accountId', '=', accountId)
      .where('meetings.id', 'in', [...ids])
      .execute();
  }

  /** Routers have no link to the cloud of their own: their controllers saw them. */
  async routersSeen(accountId: AccountId, ids: readonly NodeId[], nowMs: number): Promise<void> {
    if (ids.length === 0) return;
    await this.#db
      .updateTable('nodes')
      .set({ lastSeenMs: nowMs })
      .where('accountId', '=', accountId)
      .where('role', '=', 'mmr')
      .where('id', 'in', [...ids])
      .execute();
  }

  /** The account authority's certificate, without its key. */
  async authorityPem(accountId: AccountId): Promise<string | undefined> {
    const row = await this.#db
      .selectFrom('accounts')
      .select('authorityCertPem')
      .where('id', '=', accountId)
      .executeTakeFirst();
    return row?.authorityCertPem;
  }
}
