import type { AccountId, MeetingId, PassRevocation, UserId } from '@guildhall/domain';
import { MeetingIdSchema, UserIdSchema } from '@guildhall/protocol';
import type { Kysely } from 'kysely';
import { z } from 'zod';
import type { Tables } from './schema.ts';

const PersonOrMeeting = z.union([UserIdSchema, MeetingIdSchema]);

/** More than this of one account are summed up all the same. */
const MAX_READ = 1_000;

/** Rights to join without the portal that were withdrawn: by person, by meeting, or all of an account. */
export class Passes {
  readonly #db: Kysely<Tables>;

  constructor(db: Kysely<Tables>) {
    this.#db = db;
  }

  /** Voids what was given at or before `beforeMs`; a later one of the same id replaces it. */
  async revoke(accountId: AccountId, id: UserId | MeetingId | AccountId, beforeMs: number): Promise<void> {
    await this.#db
      .insertInto('passRevocations')
      .values({ id, accountId, beforeMs })
      .onConflict((c) =>
        c.column('id').doUpdateSet({ beforeMs }).where('passRevocations.beforeMs', '<', beforeMs),
      )
      .execute();
  }

  /** Those that may still matter, newest first; `accountMs` is when all passes of the account were voided, 0 for never. */
  async revocations(
    accountId: AccountId,
    sinceMs: number,
  ): Promise<{ readonly accountMs: number; readonly single: readonly PassRevocation[] }> {
    const rows = await this.#db
      .selectFrom('passRevocations')
      .select(['id', 'beforeMs'])
      .where('accountId', '=', accountId)
      .where('beforeMs', '>=', sinceMs)
      .orderBy('beforeMs', 'desc')
      .orderBy('id')
      .limit(MAX_READ)
      .execute();
    const accountMs = rows.find((row) => row.id === accountId)?.beforeMs ?? 0;
    const single = rows.flatMap(({ id, beforeMs }) => {
      const known = PersonOrMeeting.safeParse(id);
      return known.success ? [{ id: known.data, beforeMs }] : [];
    });
    return { accountMs, single };
  }

  async removeOlderThan(beforeMs: number): Promise<void> {
    await this.#db.deleteFrom('passRevocations').where('beforeMs', '<', beforeMs).execute();
  }
}
