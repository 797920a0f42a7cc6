import { sql, type Expression, type RawBuilder, type SqlBool } from 'kysely';

/** Where a page of a log begins: after this entry. */
export interface LogCursor {
  readonly atMs: number;
  readonly id: string;
}

/** What of a log is wanted; newest first. */
export interface LogQuery {
  /** Undefined for all kinds. */
  readonly kinds?: readonly string[] | undefined;
  /** Somewhere in the words, whatever the case. */
  readonly text?: string | undefined;
  readonly fromMs?: number | undefined;
  readonly untilMs?: number | undefined;
  readonly after?: LogCursor | undefined;
  readonly limit: number;
}

/** `like` without letting the text have wildcards of its own. */
export function contains(columns: readonly Expression<unknown>[], text: string): RawBuilder<SqlBool> {
  const pattern = `%${text.toLowerCase().replace(/[\\%_]/gu, String.raw`\$&`)}%`;
  const tests = columns.map((column) => sql`lower(coalesce(${column}, '')) like ${pattern} escape '\\'`);
  return sql<SqlBool>`(${sql.join(tests, sql` or `)})`;
}

/** Older than the entry of the cursor. */
export const olderThan = (
  atMs: Expression<unknown>,
  id: Expression<unknown>,
  after: LogCursor,
): RawBuilder<SqlBool> =>
  sql<SqlBool>`(${atMs} < ${after.atMs} or (${atMs} = ${after.atMs} and ${id} < ${after.id}))`;
