import type { AccountId } from '@guildhall/domain';
import type { Kysely } from 'kysely';
import { contains, olderThan, type LogQuery } from './log-page.ts';
import type { EventTable, Tables } from './schema.ts';

const rowsPerInsert = 500;
const pruneSpanMs = 7 * 86_400_000;

/** What happened in an account: nodes came and went, meetings, modes, failed sign-ins. */
export class Events {
  readonly #db: Kysely<Tables>;

  constructor(db: Kysely<Tables>) {
    this.#db = db;
  }

  /** An event that is there already is left as it is. */
  async add(events: readonly EventTable[]): Promise<void> {
    for (let from = 0; from < events.length; from += rowsPerInsert) {
      await this.#db
        .insertInto('events')
        .values(events.slice(from, from + rowsPerInsert))
        .onConflict((c) => c.column('id').doNothing())
        .execute();
    }
  }

  /** Newest first. */
  page(accountId: AccountId, query: LogQuery): Promise<EventTable[]> {
    let select = this.#db.selectFrom('events').selectAll().where('accountId', '=', accountId);
    const { kinds, text, fromMs, untilMs, after } = query;
    if (kinds) select = select.where('kind', 'in', [...kinds]);
    if (fromMs !== undefined) select = select.where('atMs', '>=', fromMs);
    if (untilMs !== undefined) select = select.where('atMs', '<', untilMs);
    if (text !== undefined) {
      select = select.where((e) =>
        contains([e.ref('kind'), e.ref('subject'), e.ref('label'), e.ref('detail')], text),
      );
    }
    if (after) select = select.where((e) => olderThan(e.ref('atMs'), e.ref('id'), after));
    return select.orderBy('atMs', 'desc').orderBy('id', 'desc').limit(query.limit).execute();
  }

  /** Removes the oldest week of what is older than `beforeMs`. False when nothing is left to do. */
  async prune(beforeMs: number): Promise<boolean> {
    const oldest = await this.#db
      .selectFrom('events')
      .select((e) => e.fn.min('atMs').as('atMs'))
      .executeTakeFirst();
    const oldestMs = oldest?.atMs ?? null;
    if (oldestMs === null || oldestMs >= beforeMs) return false;
    await this.#db
      .deleteFrom('events')
      .where('atMs', '<', Math.min(beforeMs, oldestMs + pruneSpanMs))
      .execute();
    return true;
  }
}
