import { Button, NativeSelect, Table, TextInput } from '@mantine/core';
import { useDebouncedValue } from '@mantine/hooks';
import type { AuditEntry, MonitoringEvent } from '@guildhall/protocol';
import { EmptyState, ErrorState, LoadingState, StateWord, type StateName } from '@guildhall/ui';
import { useInfiniteQuery } from '@tanstack/react-query';
import { Download, ScrollText } from 'lucide-react';
import { useState, type ReactNode } from 'react';
import { useErrorWords } from '../../../lib/errors.ts';
import { useTimeWriter } from '../../../lib/use-time.ts';
import { localZone, wallToEpochMs } from '../../../lib/wall-time.ts';
import { useText } from '../../../words/words.ts';
import pages from '../../pages.module.css';
import { eventDetail, eventSubject } from './event-detail.ts';
import { auditKinds, eventKinds, wordOf } from './kinds.ts';
import classes from './monitoring.module.css';
import { auditQuery, eventsQuery, exportHref, type LogFilterValues } from './queries.ts';

const typingMs = 300;
const dayMs = 86_400_000;
const noFilter = { kinds: '', text: '', fromDay: '', toDay: '' };

/** What happened. */
export function EventsView() {
  const [form, setForm] = useState(noFilter);
  const filter = useFilter(form);
  const query = useInfiniteQuery(eventsQuery(filter));
  const entries = query.data?.pages.flatMap((page) => page.entries);
  return (
    <Log log="events" kinds={eventKinds} form={form} onForm={setForm} filter={filter} query={query}>
      {entries && entries.length > 0 ? <EventsTable entries={entries} /> : null}
    </Log>
  );
}

/** Who did what. */
export function AuditView() {
  const [form, setForm] = useState(noFilter);
  const filter = useFilter(form);
  const query = useInfiniteQuery(auditQuery(filter));
  const entries = query.data?.pages.flatMap((page) => page.entries);
  return (
    <Log log="audit" kinds={auditKinds} form={form} onForm={setForm} filter={filter} query={query}>
      {entries && entries.length > 0 ? <AuditTable entries={entries} /> : null}
    </Log>
  );
}

function useFilter({ kinds, text, fromDay, toDay }: typeof noFilter): LogFilterValues {
  const [settled] = useDebouncedValue(text, typingMs);
  const midnight = (day: string): number | undefined =>
    day === '' ? undefined : wallToEpochMs(day, '00:00', localZone());
  const to = midnight(toDay);
  return { kinds, text: settled, from: midnight(fromDay), to: to === undefined ? undefined : to + dayMs };
}

interface LogProps {
  readonly log: 'events' | 'audit';
  readonly kinds: readonly string[];
  readonly form: typeof noFilter;
  readonly onForm: (form: typeof noFilter) => void;
  readonly filter: LogFilterValues;
  readonly query: {
    readonly isPending: boolean;
    readonly data?: unknown;
    readonly error: unknown;
    readonly hasNextPage: boolean;
    readonly isFetchingNextPage: boolean;
    refetch(): unknown;
    fetchNextPage(): unknown;
  };
  readonly children: ReactNode;
}

function Log({ log, kinds, form, onForm, filter, query, children }: LogProps) {
  const t = useText('monitoring');
  const toWords = useErrorWords();
  const kindName = useKindName();
  const set = (change: Partial<typeof noFilter>): void => onForm({ ...form, ...change });
  return (
    <div className={pages.stack}>
      <div className={`${classes.controls} ${classes.filters}`}>
        <NativeSelect
          label={t('kind')}
          value={form.kinds}
          onChange={(event) => set({ kinds: event.currentTarget.value })}
          data={[
            { value: '', label: t('allKinds') },
            ...kinds.map((kind) => ({ value: kind, label: kindName(kind) })),
          ]}
        />
        <TextInput
          label={t('search')}
          value={form.text}
          maxLength={100}
          onChange={(event) => set({ text: event.currentTarget.value })}
        />
        <TextInput
          type="date"
          label={t('from')}
          value={form.fromDay}
          onChange={(event) => set({ fromDay: event.currentTarget.value })}
        />
        <TextInput
          type="date"
          label={t('to')}
          value={form.toDay}
          onChange={(event) => set({ toDay: event.currentTarget.value })}
        />
        <div className={classes.downloads}>
          {(['csv', 'json'] as const).map((format) => (
            <Button
              key={format}
              component="a"
              variant="default"
              href={exportHref(log, filter, format)}
              download
              leftSection={<Download size={16} aria-hidden />}
              aria-label={`${t('download')} ${format.toUpperCase()}`}
            >
              {format.toUpperCase()}
            </Button>
          ))}
        </div>
      </div>
      {query.isPending ? <LoadingState rows={5} /> : null}
      {query.error !== null && query.data === undefined ? (
        <ErrorState {...toWords(query.error).words} onRetry={() => void query.refetch()} />
      ) : null}
      {query.data !== undefined && children === null ? (
        <EmptyState icon={ScrollText} title={t('noEntries')}>
          {t('noEntriesText')}
        </EmptyState>
      ) : null}
      {children}
      {query.hasNextPage ? (
        <Button
          variant="default"
          className={pages.centered}
          loading={query.isFetchingNextPage}
          onClick={() => void query.fetchNextPage()}
        >
          {t('showMore')}
        </Button>
      ) : null}
    </div>
  );
}

function useKindName(): (kind: string) => string {
  const t = useText('monitoring');
  return (kind) => {
    const word = wordOf(kind);
    return word === undefined ? kind : t(`event.${word}`);
  };
}

const SEVERITY = { info: 'ended', warning: 'waiting', bad: 'failing' } as const satisfies Record<
  MonitoringEvent['severity'],
  StateName
>;

const COLUMNS = {
  events: ['when', 'what', 'subject', 'detail'],
  audit: ['when', 'actor', 'what', 'subject'],
} as const;
type Column = (typeof COLUMNS)['events' | 'audit'][number];

/** A row for each entry, a cell for each column; on a phone each cell says what it is. */
function LogTable<T extends { readonly id: string }>({
  log,
  entries,
  cell,
}: {
  readonly log: keyof typeof COLUMNS;
  readonly entries: readonly T[];
  readonly cell: (entry: T, column: Column) => ReactNode;
}) {
  const t = useText('monitoring');
  return (
    <div className={pages.tableCard}>
      <Table className={pages.table} aria-label={t(`views.${log}`)}>
        <Table.Thead>
          <Table.Tr>
            {COLUMNS[log].map((column) => (
              <Table.Th key={column}>{t(column)}</Table.Th>
            ))}
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {entries.map((entry) => (
            <Table.Tr key={entry.id}>
              {COLUMNS[log].map((column) => (
                <Table.Td
                  key={column}
                  data-label={t(column)}
                  className={
                    column === 'when'
                      ? `gh-tabular ${classes.oneLine}`
                      : column === 'what'
                        ? undefined
                        : pages.breakable
                  }
                >
                  {cell(entry, column)}
                </Table.Td>
              ))}
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </div>
  );
}

function EventsTable({ entries }: { readonly entries: readonly MonitoringEvent[] }) {
  const times = useTimeWriter();
  const kindName = useKindName();
  const t = useText('monitoring');
  const cell = (event: MonitoringEvent, column: Column): ReactNode => {
    if (column === 'when') return times.dayAndTime(event.atMs);
    if (column === 'what')
      return <StateWord state={SEVERITY[event.severity]}>{kindName(event.kind)}</StateWord>;
    return column === 'subject' ? eventSubject(event) : eventDetail(event, t, times);
  };
  return <LogTable log="events" entries={entries} cell={cell} />;
}

function AuditTable({ entries }: { readonly entries: readonly AuditEntry[] }) {
  const t = useText('monitoring');
  const times = useTimeWriter();
  const kindName = useKindName();
  /** An alert rule never had a name; other ids had one. What is no id is a word itself, such as a version. */
  const nameless = ({ subject, action }: AuditEntry): string => {
    if (!/^[a-z]{3}_/u.test(subject)) return subject === 'none' ? '–' : subject;
    return action.startsWith('alert.rule-') ? '–' : t('gone');
  };
  const cell = (entry: AuditEntry, column: Column): ReactNode => {
    if (column === 'when') return times.dayAndTime(entry.atMs);
    if (column === 'what') return kindName(entry.action);
    if (column === 'subject') return entry.subjectName ?? nameless(entry);
    return entry.actorName ?? (entry.actor === 'system' ? t('system') : t('gone'));
  };
  return <LogTable log="audit" entries={entries} cell={cell} />;
}
