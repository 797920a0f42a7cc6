import type { AccountId } from '@guildhall/domain';
import type { Kysely } from 'kysely';
import type { AuditTable, Tables } from './schema.ts';

/** Who did what: written for every act that changes people, the connector or a meeting. Only grows. */
export class Audit {
  readonly #db: Kysely<Tables>;

  constructor(db: Kysely<Tables>) {
    this.#db = db;
  }

  async add(entry: AuditTable): Promise<void> {
    await this.#db.insertInto('audit').values(entry).execute();
  }

  /** Newest first. */
  list(accountId: AccountId, limit: number): Promise<AuditTable[]> {
    return this.#db
      .selectFrom('audit')
      .selectAll()
      .where('accountId', '=', accountId)
      .orderBy('atMs', 'desc')
      .orderBy('id', 'desc')
      .limit(limit)
      .execute();
  }
}
