import type { AccountId } from '@guildhall/domain';
import { sql, type Kysely } from 'kysely';
import type { SampleTable, Tables } from './schema.ts';

export type Metric = keyof Omit<SampleTable, 'accountId' | 'scopeId' | 'stepMs' | 'atMs'>;
export type Sample = SampleTable;

export const metricNames = [
  'meetings',
  'participants',
  'bitrateInBps',
  'bitrateOutBps',
  'cpu',
  'loss',
  'rttMs',
  'jitterMs',
  'mos',
] as const satisfies readonly Metric[];

/** Counts are remembered by their highest in the time, everything else by its mean. */
const isCount = (metric: Metric): boolean => metric === 'meetings' || metric === 'participants';

const columnOf: Readonly<Record<Metric, string>> = {
  meetings: 'meetings',
  participants: 'participants',
  bitrateInBps: 'bitrate_in_bps',
  bitrateOutBps: 'bitrate_out_bps',
  cpu: 'cpu',
  loss: 'loss',
  rttMs: 'rtt_ms',
  jitterMs: 'jitter_ms',
  mos: 'mos',
};

/** SQLite allows 32,766 values in a statement; a sample has thirteen. */
const rowsPerInsert = 500;
/** What one step of the pruning takes away at most, so that nobody waits for it. */
const pruneSpanMs = 6 * 3_600_000;

/** Measurements by scope (an account, a zone or a node) in buckets of `stepMs`. A time without a row is a gap. */
export class Samples {
  readonly #db: Kysely<Tables>;

  constructor(db: Kysely<Tables>) {
    this.#db = db;
  }

  /** A bucket that is there already is replaced. */
  async put(samples: readonly Sample[]): Promise<void> {
    for (let from = 0; from < samples.length; from += rowsPerInsert) {
      await this.#db
        .insertInto('samples')
        .values(samples.slice(from, from + rowsPerInsert))
        .onConflict((c) =>
          c
            .columns(['accountId', 'scopeId', 'stepMs', 'atMs'])
            .doUpdateSet((e) =>
              Object.fromEntries(metricNames.map((name) => [name, e.ref(`excluded.${name}`)])),
            ),
        )
        .execute();
    }
  }

  /** Makes the coarse buckets of [fromMs, untilMs) out of the fine ones; repeating it changes nothing. */
  async rollUp(
    step: { readonly fineMs: number; readonly coarseMs: number },
    fromMs: number,
    untilMs: number,
  ): Promise<void> {
    const coarse = sql.lit(step.coarseMs);
    const columns = metricNames.map((name) => columnOf[name]);
    const into = sql.raw(columns.join(', '));
    const folded = sql.raw(metricNames.map((name) => fold(name)).join(', '));
    const replaced = sql.raw(columns.map((column) => `${column} = excluded.${column}`).join(', '));
    await sql`
      insert into samples (account_id, scope_id, step_ms, at_ms, ${into})
      select account_id, scope_id, ${coarse}, at_ms - at_ms % ${coarse}, ${folded}
      from samples
      where step_ms = ${sql.lit(step.fineMs)} and at_ms >= ${fromMs} and at_ms < ${untilMs}
      group by account_id, scope_id, at_ms - at_ms % ${coarse}
      on conflict (account_id, scope_id, step_ms, at_ms) do update set ${replaced}
    `.execute(this.#db);
  }

  /** One metric in buckets of `bucketMs`, made of the stored buckets of `stepMs`; oldest first, gaps left out. */
  async series(query: {
    readonly accountId: AccountId;
    readonly scopeId: string;
    readonly metric: Metric;
    readonly stepMs: number;
    readonly bucketMs: number;
    readonly fromMs: number;
    readonly untilMs: number;
  }): Promise<{ readonly atMs: number; readonly value: number | null }[]> {
    const bucket = sql.lit(query.bucketMs);
    const rows = await sql<{ atMs: number; value: number | null }>`
      select at_ms - at_ms % ${bucket} as at_ms, ${sql.raw(fold(query.metric))} as value
      from samples
      where account_id = ${query.accountId} and scope_id = ${query.scopeId}
        and step_ms = ${sql.lit(query.stepMs)} and at_ms >= ${query.fromMs} and at_ms < ${query.untilMs}
      group by at_ms - at_ms % ${bucket}
      order by 1
    `.execute(this.#db);
    return rows.rows;
  }

  /** Removes the oldest of what is older than `beforeMs`, a few hours of it at a time. False when nothing is left to do. */
  async prune(stepMs: number, beforeMs: number): Promise<boolean> {
    const oldest = await this.#db
      .selectFrom('samples')
      .select((e) => e.fn.min('atMs').as('atMs'))
      .where('stepMs', '=', stepMs)
      .executeTakeFirst();
    const oldestMs = oldest?.atMs ?? null;
    if (oldestMs === null || oldestMs >= beforeMs) return false;
    await this.#db
      .deleteFrom('samples')
      .where('stepMs', '=', stepMs)
      .where('atMs', '<', Math.min(beforeMs, oldestMs + pruneSpanMs))
      .execute();
    return true;
  }
}

const fold = (metric: Metric): string => `${isCount(metric) ? 'max' : 'avg'}(${columnOf[metric]})`;
