import type { AccountId, MeetingId } from '@guildhall/domain';
import type {
  LiveMeeting,
  MonitoringOverview,
  Series,
  SeriesMetric,
  SeriesQuery,
  SeriesRange,
} from '@guildhall/protocol';
import type { z } from 'zod';
import type { Metric } from '../store/port.ts';
import type { LiveRouterFacts } from './live.ts';
import { measure } from './measures.ts';
import { placementView } from './placements.ts';
import type { Monitor } from './port.ts';
import { minuteMs, quarterMs, rawMs } from './recorder.ts';
import { servicesOf } from './services.ts';

const hourMs = 60 * minuteMs;
const dayMs = 24 * hourMs;
/** More is no list that anybody reads; the newest are shown. */
const maxLiveMeetings = 500;

export async function overviewOf(monitor: Monitor, accountId: AccountId): Promise<MonitoringOverview> {
  const { store, live, clock } = monitor;
  const account = await store.accounts.get(accountId);
  const zones = await store.connectors.zones(accountId);
  const services = await servicesOf(monitor, accountId);
  const count = (service: 'zctrl' | 'mmr') => {
    const all = services.filter((one) => one.service === service);
    return { all: all.length, connected: all.filter(({ state }) => state === 'connected').length };
  };
  const now = measure(live.routers(accountId));
  return {
    enabled: account?.connectorEnabled === true,
    mode: account?.connectorMode ?? 'test',
    atMs: clock.now(),
    zones: zones.map(({ id, name }) => ({ zoneId: id, name })),
    controllers: count('zctrl'),
    routers: count('mmr'),
    meetings: now.meetings ?? 0,
    participants: now.participants ?? 0,
    mos: now.mos,
  };
}

const columnOf: Readonly<Record<SeriesMetric, { readonly column: Metric; readonly unit: Series['unit'] }>> = {
  meetings: { column: 'meetings', unit: 'count' },
  participants: { column: 'participants', unit: 'count' },
  'bitrate-in': { column: 'bitrateInBps', unit: 'bps' },
  'bitrate-out': { column: 'bitrateOutBps', unit: 'bps' },
  cpu: { column: 'cpu', unit: 'share' },
  loss: { column: 'loss', unit: 'share' },
  rtt: { column: 'rttMs', unit: 'ms' },
  jitter: { column: 'jitterMs', unit: 'ms' },
  mos: { column: 'mos', unit: 'mos' },
};

/** How many points a range has, and of which stored buckets they are made. */
const stepsOf = {
  '24h': { stepMs: minuteMs, bucketMs: minuteMs, spanMs: dayMs },
  '7d': { stepMs: quarterMs, bucketMs: quarterMs, spanMs: 7 * dayMs },
  '90d': { stepMs: quarterMs, bucketMs: 3 * hourMs, spanMs: 90 * dayMs },
} as const satisfies Record<Exclude<SeriesRange, '1h'>, object>;

export async function seriesOf(
  { recorder, store, clock }: Monitor,
  accountId: AccountId,
  { metric, range, scope }: z.output<typeof SeriesQuery>,
): Promise<Series> {
  const { column, unit } = columnOf[metric];
  const scopeId = scope ?? accountId;
  const nowMs = clock.now();
  if (range === '1h') {
    const found = recorder.raw(accountId, scopeId, column);
    return { metric, unit, ...filled(found, rawMs, hourMs, nowMs) };
  }
  const { stepMs, bucketMs, spanMs } = stepsOf[range];
  const untilMs = nowMs - (nowMs % bucketMs) + bucketMs;
  const found = await store.samples.series({
    accountId,
    scopeId,
    metric: column,
    stepMs,
    bucketMs,
    fromMs: untilMs - spanMs,
    untilMs,
  });
  return { metric, unit, ...filled(found, bucketMs, spanMs, nowMs) };
}

/** One value for each bucket of the span, the running one last; null where there is none. */
function filled(
  found: readonly { readonly atMs: number; readonly value: number | null }[],
  stepMs: number,
  spanMs: number,
  nowMs: number,
): Pick<Series, 'stepMs' | 'fromMs' | 'values'> {
  const fromMs = nowMs - (nowMs % stepMs) + stepMs - spanMs;
  const values = Array.from({ length: spanMs / stepMs }, (): number | null => null);
  for (const { atMs, value } of found) {
    const index = (atMs - fromMs) / stepMs;
    if (index >= 0 && index < values.length) values[index] = value;
  }
  return { stepMs, fromMs, values };
}

/** Who is in which meeting now, on which router, and how well it works for them. Newest first. */
export async function liveMeetingsOf(monitor: Monitor, accountId: AccountId): Promise<LiveMeeting[]> {
  const { live, placements, store } = monitor;
  const nodes = new Map((await store.connectors.nodesOfAccount(accountId)).map((node) => [node.id, node]));
  const parts = live.routers(accountId).flatMap((router) => partsOf(router));
  const ids = [...new Set(parts.map(({ meetingId }) => meetingId))];
  const byId = Map.groupBy(parts, ({ meetingId }) => meetingId);
  const meetings: LiveMeeting[] = [];
  for (const { id, ...name } of await store.monitored.meetingNames(accountId, ids)) {
    const here = (byId.get(id) ?? []).flatMap((part) => {
      const node = nodes.get(part.router.status.nodeId);
      return node ? [{ ...part, node }] : [];
    });
    const [first] = here;
    if (!first) continue;
    meetings.push({
      meetingId: id,
      ...name,
      zoneId: first.router.zoneId,
      routers: here.map(({ node }) => {
        const told = placements.of(accountId, id, node.id);
        const placement = told && placementView(told, node.zoneId, nodes);
        return { nodeId: node.id, name: node.name, ...(placement && { placement }) };
      }),
      startedAtMs: Math.min(...here.map(({ startedAtMs }) => startedAtMs)),
      people: here.flatMap(({ node, people }) => people.map((one) => ({ ...one, router: node.name }))),
    });
  }
  return meetings.toSorted((a, b) => b.startedAtMs - a.startedAtMs).slice(0, maxLiveMeetings);
}

interface MeetingPart {
  readonly meetingId: MeetingId;
  readonly startedAtMs: number;
  readonly people: NonNullable<LiveRouterFacts['quality']>['meetings'][number]['people'];
  readonly router: LiveRouterFacts;
}

const partsOf = (router: LiveRouterFacts): MeetingPart[] =>
  (router.quality?.meetings ?? []).map((meeting) => ({ ...meeting, router }));
