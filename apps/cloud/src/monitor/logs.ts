import { Readable } from 'node:stream';
import type { AccountId } from '@guildhall/domain';
import { eventSeverities, type AuditEntry, type LogFilter, type MonitoringEvent } from '@guildhall/protocol';
import type { z } from 'zod';
import type { AuditLine, LogCursor, LogQuery, Store, StoredEvent } from '../store/port.ts';

/** Entries read at a time while a log is exported: memory stays flat however long it is. */
const exportPage = 500;

type Filter = z.output<typeof LogFilter>;
type ReadPage<T> = (query: LogQuery) => Promise<readonly T[]>;

export const queryOf = (filter: Filter, limit: number, cursor?: string): LogQuery => ({
  kinds: filter.kinds?.split(','),
  text: filter.text,
  fromMs: filter.from,
  untilMs: filter.to,
  after: cursor === undefined ? undefined : readCursor(cursor),
  limit,
});

/** `<atMs>_<id>`, as the schema of the request has checked. */
function readCursor(cursor: string): LogCursor {
  const border = cursor.indexOf('_');
  return { atMs: Number(cursor.slice(0, border)), id: cursor.slice(border + 1) };
}

/** One page, and where the next begins. */
export async function pageOf<T extends LogCursor>(
  read: ReadPage<T>,
  query: LogQuery,
): Promise<{ entries: T[]; nextCursor: string | null }> {
  const found = await read({ ...query, limit: query.limit + 1 });
  const entries = found.slice(0, query.limit);
  const last = entries.at(-1);
  return { entries, nextCursor: found.length > query.limit && last ? `${last.atMs}_${last.id}` : null };
}

export const eventsReader =
  (store: Store, accountId: AccountId): ReadPage<MonitoringEvent> =>
  async (query) =>
    (await store.events.page(accountId, query)).map(eventView);

function eventView({ id, atMs, kind, severity, subject, label, detail }: StoredEvent): MonitoringEvent {
  const known = eventSeverities.find((one) => one === severity) ?? 'info';
  return { id, atMs, kind, severity: known, subject, label, detail };
}

export const auditReader =
  (store: Store, accountId: AccountId): ReadPage<AuditEntry> =>
  async (query) =>
    (await store.audit.page(accountId, query)).map(auditView);

const auditView = ({ accountId: _account, ...line }: AuditLine): AuditEntry => line;

/** Columns of the exported file, in this order. */
export const eventColumns = ['kind', 'severity', 'label', 'subject', 'detail'] as const;
export const auditColumns = ['actorName', 'actor', 'action', 'subjectName', 'subject'] as const;

/** A whole log as a file that is made while it is sent. */
export function exported<K extends string, T extends LogCursor & Record<K, string | null>>(
  read: ReadPage<T>,
  query: LogQuery,
  format: 'csv' | 'json',
  columns: readonly K[],
): Readable {
  const lines = format === 'csv' ? csvLines(read, query, columns) : jsonLines(read, query);
  return Readable.from(lines, { objectMode: false });
}

async function* allPages<T extends LogCursor>(
  read: ReadPage<T>,
  query: LogQuery,
): AsyncGenerator<readonly T[]> {
  let after: LogCursor | undefined;
  for (;;) {
    const page = await read({ ...query, after, limit: exportPage });
    if (page.length > 0) yield page;
    if (page.length < exportPage) return;
    after = page.at(-1);
  }
}

async function* csvLines<K extends string, T extends LogCursor & Record<K, string | null>>(
  read: ReadPage<T>,
  query: LogQuery,
  columns: readonly K[],
): AsyncGenerator<string> {
  // The mark tells spreadsheets that it is UTF-8.
  yield `\ufefftime,${columns.join(',')}\r\n`;
  for await (const page of allPages(read, query)) {
    yield page.map((entry) => csvLine(entry, columns)).join('');
  }
}

const csvLine = <K extends string>(
  entry: LogCursor & Readonly<Record<K, string | null>>,
  columns: readonly K[],
): string => {
  const cells = columns.map((column) => csvCell(entry[column] ?? ''));
  return `${[new Date(entry.atMs).toISOString(), ...cells].join(',')}\r\n`;
};

/** RFC 4180; and text that a spreadsheet would run as a formula is made text by an apostrophe. */
export function csvCell(text: string): string {
  const safe = /^[=+\-@\t\r]/u.test(text) ? `'${text}` : text;
  return /[",\r\n]/u.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

async function* jsonLines<T extends LogCursor>(read: ReadPage<T>, query: LogQuery): AsyncGenerator<string> {
  let before = '[\n';
  for await (const page of allPages(read, query)) {
    yield before + page.map((entry) => JSON.stringify(entry)).join(',\n');
    before = ',\n';
  }
  yield before === '[\n' ? '[]\n' : '\n]\n';
}
