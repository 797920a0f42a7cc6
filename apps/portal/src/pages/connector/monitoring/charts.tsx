import { NativeSelect, SegmentedControl, Table } from '@mantine/core';
import type { Series, SeriesMetric, SeriesRange } from '@guildhall/protocol';
import { ErrorState, LoadingState, useAppearance, useLanguage } from '@guildhall/ui';
import { useQueries, useQuery } from '@tanstack/react-query';
import { lazy, Suspense, useMemo, useState } from 'react';
import { useErrorWords } from '../../../lib/errors.ts';
import { localeOf } from '../../../lib/format.ts';
import { useTimeWriter } from '../../../lib/use-time.ts';
import { useText } from '../../../words/words.ts';
import pages from '../../pages.module.css';
import type { ChartLine } from './chart.tsx';
import classes from './monitoring.module.css';
import { overviewQuery, seriesQuery, servicesQuery } from './queries.ts';
import { factsOf, inParts, type UnitWriter } from './units.ts';
import { useUnits } from './use-units.ts';

/** The charts' library is fetched when the first chart is shown. */
const Chart = lazy(() => import('./chart.tsx'));

const RANGES = { '1h': 'h1', '24h': 'h24', '7d': 'd7', '90d': 'd90' } as const satisfies Record<
  SeriesRange,
  string
>;
const tableRows = 24;

interface ChartPlan {
  readonly name: 'meetings' | 'participants' | 'bitrate' | 'cpu' | 'loss' | 'rtt' | 'mos';
  readonly metrics: readonly SeriesMetric[];
  readonly unit: keyof UnitWriter;
  readonly atLeast: number;
  readonly lowest: number;
}

const PLANS: readonly ChartPlan[] = [
  { name: 'meetings', metrics: ['meetings'], unit: 'count', atLeast: 4, lowest: 0 },
  { name: 'participants', metrics: ['participants'], unit: 'count', atLeast: 10, lowest: 0 },
  { name: 'bitrate', metrics: ['bitrate-in', 'bitrate-out'], unit: 'bitrate', atLeast: 1e6, lowest: 0 },
  { name: 'cpu', metrics: ['cpu'], unit: 'percent', atLeast: 1, lowest: 0 },
  { name: 'loss', metrics: ['loss'], unit: 'percent', atLeast: 0.05, lowest: 0 },
  { name: 'rtt', metrics: ['rtt'], unit: 'ms', atLeast: 100, lowest: 0 },
  { name: 'mos', metrics: ['mos'], unit: 'mos', atLeast: 5, lowest: 1 },
];

/** How the connector did over time. */
export function ChartsView() {
  const t = useText('monitoring');
  const [range, setRange] = useState<SeriesRange>('24h');
  const [scope, setScope] = useState('');
  const zones = useQuery(overviewQuery).data?.zones ?? [];
  const routers = (useQuery(servicesQuery).data?.services ?? []).filter(({ service }) => service === 'mmr');
  return (
    <div className={pages.stack}>
      <div className={classes.controls}>
        <SegmentedControl
          aria-label={t('range')}
          value={range}
          onChange={(next) => setRange(next)}
          data={Object.entries(RANGES).flatMap(([value, word]) =>
            isRange(value) ? [{ value, label: t(`ranges.${word}`) }] : [],
          )}
        />
        <NativeSelect
          label={t('scope')}
          value={scope}
          onChange={(event) => setScope(event.currentTarget.value)}
          data={[
            { value: '', label: t('everything') },
            ...zones.map(({ zoneId, name }) => ({ value: zoneId, label: t('zone', { name }) })),
            ...routers.map(({ nodeId, name }) => ({ value: nodeId, label: name })),
          ]}
        />
      </div>
      <div className={classes.charts}>
        {PLANS.map((plan) => (
          <ChartCard key={plan.name} plan={plan} range={range} scope={scope} />
        ))}
      </div>
      <p className={pages.footnote}>{t('chartsNote')}</p>
    </div>
  );
}

const isRange = (text: string): text is SeriesRange => Object.hasOwn(RANGES, text);

interface CardProps {
  readonly plan: ChartPlan;
  readonly range: SeriesRange;
  readonly scope: string;
}

function ChartCard({ plan, range, scope }: CardProps) {
  const t = useText('monitoring');
  const toWords = useErrorWords();
  const queries = useQueries({ queries: plan.metrics.map((metric) => seriesQuery(metric, range, scope)) });
  const failed = queries.find(({ isError, data }) => isError && !data);
  const series = queries.map(({ data }) => data).filter((one) => one !== undefined);
  return (
    <figure className={classes.chart} aria-label={t(`metrics.${plan.name}`)}>
      {failed ? (
        <ErrorState
          {...toWords(failed.error).words}
          onRetry={() => {
            for (const query of queries) void query.refetch();
          }}
        />
      ) : series.length < plan.metrics.length ? (
        <LoadingState rows={3} />
      ) : (
        <Drawn plan={plan} series={series} />
      )}
    </figure>
  );
}

function Drawn({ plan, series }: { readonly plan: ChartPlan; readonly series: readonly Series[] }) {
  const t = useText('monitoring');
  const times = useTimeWriter();
  const units = useUnits();
  const { language } = useLanguage();
  const { shown: theme } = useAppearance();
  const [point, setPoint] = useState<number | null>(null);
  const write = units[plan.unit];
  const names = useMemo(
    () => (plan.metrics.length === 2 ? [t('series.received'), t('series.sent')] : ['']),
    [plan, t],
  );
  const lines = useMemo(
    () =>
      series.map(({ values }, index): ChartLine => ({
        label: names[index] ?? '',
        values,
        colour: index === 0 ? 'gh-brand' : 'gh-amber',
      })),
    // The answers are compared by identity: an equal answer is the same object.
    // eslint-disable-next-line react-hooks/exhaustive-deps
    [...series, names],
  );
  const [first] = series;
  if (!first) return null;
  const { fromMs, stepMs, values } = first;
  const at = point ?? values.findLastIndex((value) => value !== null);
  const facts = factsOf(values);
  return (
    <>
      <figcaption className={classes.caption}>
        <span className={pages.strong}>{t(`metrics.${plan.name}`)}</span>
        <span className={`gh-tabular ${classes.series}`}>
          {point === null ? null : <span>{times.dayAndTime(fromMs + at * stepMs)}</span>}
          {lines.map(({ label, colour, values: line }) => {
            const value = line[at] ?? null;
            return (
              <span key={colour}>
                {label === '' ? null : <i data-line={colour} aria-hidden />}
                {`${label} ${value === null ? '–' : write(value)}`.trim()}
              </span>
            );
          })}
        </span>
      </figcaption>
      <Suspense fallback={<div className={classes.plot} />}>
        <Chart
          key={theme}
          fromMs={fromMs}
          stepMs={stepMs}
          lines={lines}
          write={write}
          isWhole={plan.unit === 'count'}
          atLeast={plan.atLeast}
          lowest={plan.lowest}
          locale={localeOf(language, navigator.languages)}
          onPoint={setPoint}
        />
      </Suspense>
      <p className={classes.why}>
        {facts
          ? t('summary', {
              low: write(facts.low),
              mean: write(facts.mean),
              high: write(facts.high),
              last: write(facts.last),
            })
          : t('noData')}{' '}
        {facts && facts.gaps > 0 ? t('gaps', { percent: units.percent(facts.gaps) }) : ''}
      </p>
      {facts ? <AsTable plan={plan} lines={lines} fromMs={fromMs} stepMs={stepMs} /> : null}
    </>
  );
}

interface AsTableProps {
  readonly plan: ChartPlan;
  readonly lines: readonly ChartLine[];
  readonly fromMs: number;
  readonly stepMs: number;
}

/** The same, for who cannot see a drawing; made when it is asked for. */
function AsTable({ plan, lines, fromMs, stepMs }: AsTableProps) {
  const t = useText('monitoring');
  const times = useTimeWriter();
  const write = useUnits()[plan.unit];
  const [isOpen, setOpen] = useState(false);
  const columns = lines.map(({ label, values }) => ({ label, parts: inParts(values, tableRows) }));
  const name = t(`metrics.${plan.name}`);
  return (
    <details className={classes.asTable} onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary>{t('asTable')}</summary>
      {isOpen ? (
        <Table aria-label={name}>
          <Table.Thead>
            <Table.Tr>
              <Table.Th>{t('time')}</Table.Th>
              {columns.map(({ label }) => (
                <Table.Th key={label}>{label || name}</Table.Th>
              ))}
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {(columns[0]?.parts ?? []).map(({ index }, row) => (
              <Table.Tr key={index}>
                <Table.Td>{times.dayAndTime(fromMs + index * stepMs)}</Table.Td>
                {columns.map(({ label, parts }) => {
                  const value = parts[row]?.value ?? null;
                  return <Table.Td key={label}>{value === null ? '–' : write(value)}</Table.Td>;
                })}
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
      ) : null}
    </details>
  );
}
