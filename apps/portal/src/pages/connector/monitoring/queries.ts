import {
  AlertDeliveryList,
  Alerts,
  AuditEntryList,
  CreateAlertTargetAnswer,
  LiveMeetingList,
  MonitoredServiceList,
  MonitoringEventList,
  MonitoringOverview,
  Series,
  type AlertCondition,
  type CreateAlertTargetRequest,
  type DrainRouterRequest,
  type SeriesMetric,
  type SeriesRange,
} from '@guildhall/protocol';
import {
  infiniteQueryOptions,
  keepPreviousData,
  queryOptions,
  useMutation,
  useQueryClient,
} from '@tanstack/react-query';
import { act, call } from '../../../api/client.ts';

const base = '/connector/monitoring';
const key = (...rest: readonly unknown[]) => ['monitoring', ...rest];
const nowEveryMs = 5_000;
const logEveryMs = 15_000;
const pageSize = 50;

export const overviewQuery = queryOptions({
  queryKey: key('overview'),
  queryFn: () => call(MonitoringOverview, 'GET', `${base}/overview`),
  refetchInterval: nowEveryMs,
});

export const servicesQuery = queryOptions({
  queryKey: key('nodes'),
  queryFn: () => call(MonitoredServiceList, 'GET', `${base}/nodes`),
  refetchInterval: nowEveryMs,
});

export const liveMeetingsQuery = queryOptions({
  queryKey: key('meetings'),
  queryFn: () => call(LiveMeetingList, 'GET', `${base}/meetings`),
  refetchInterval: nowEveryMs,
});

/** @param scope id of a zone or node; empty for the whole account */
export const seriesQuery = (metric: SeriesMetric, range: SeriesRange, scope: string) =>
  queryOptions({
    queryKey: key('series', metric, range, scope),
    queryFn: () =>
      call(
        Series,
        'GET',
        `${base}/series?${new URLSearchParams({ metric, range, ...(scope && { scope }) }).toString()}`,
      ),
    refetchInterval: range === '1h' ? 10_000 : 60_000,
  });

export interface LogFilterValues {
  readonly kinds: string;
  readonly text: string;
  /** Epoch milliseconds; undefined for no border. */
  readonly from: number | undefined;
  readonly to: number | undefined;
}

const filterParams = ({ kinds, text, from, to }: LogFilterValues): URLSearchParams =>
  new URLSearchParams({
    ...(kinds && { kinds }),
    ...(text.trim() && { text: text.trim() }),
    ...(from !== undefined && { from: String(from) }),
    ...(to !== undefined && { to: String(to) }),
  });

const pagePath = (log: 'events' | 'audit', filter: LogFilterValues, cursor: string): string => {
  const params = filterParams(filter);
  params.set('limit', String(pageSize));
  if (cursor) params.set('cursor', cursor);
  return `${base}/${log}?${params.toString()}`;
};

export const exportHref = (
  log: 'events' | 'audit',
  filter: LogFilterValues,
  format: 'csv' | 'json',
): string => {
  const params = filterParams(filter);
  params.set('format', format);
  return `/api/v1${base}/${log}/export?${params.toString()}`;
};

export const eventsQuery = (filter: LogFilterValues) =>
  infiniteQueryOptions({
    queryKey: key('events', filter),
    queryFn: ({ pageParam }) => call(MonitoringEventList, 'GET', pagePath('events', filter, pageParam)),
    initialPageParam: '',
    getNextPageParam: (last) => last.nextCursor,
    refetchInterval: logEveryMs,
    placeholderData: keepPreviousData,
  });

export const auditQuery = (filter: LogFilterValues) =>
  infiniteQueryOptions({
    queryKey: key('audit', filter),
    queryFn: ({ pageParam }) => call(AuditEntryList, 'GET', pagePath('audit', filter, pageParam)),
    initialPageParam: '',
    getNextPageParam: (last) => last.nextCursor,
    refetchInterval: logEveryMs,
    placeholderData: keepPreviousData,
  });

/** Begins or ends the drain of a router; the list shows how far it is. */
export function useDrain() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: ({ nodeId, ...order }: DrainRouterRequest & { readonly nodeId: string }) =>
      act('POST', `/connector/nodes/${nodeId}/drain`, order),
    onSettled: () => client.invalidateQueries({ queryKey: servicesQuery.queryKey }),
  });
}

const alerts = `${base}/alerts`;

export const alertsQuery = queryOptions({
  queryKey: key('alerts'),
  queryFn: () => call(Alerts, 'GET', alerts),
  refetchInterval: logEveryMs,
});

export const deliveriesQuery = queryOptions({
  queryKey: key('deliveries'),
  queryFn: () => call(AlertDeliveryList, 'GET', `${alerts}/deliveries`),
  refetchInterval: nowEveryMs,
});

/** What can be done with rules and targets; each answers when the page shows the outcome. */
export function useAlertActs() {
  const client = useQueryClient();
  const onSuccess = (all: Alerts): void => {
    client.setQueryData(alertsQuery.queryKey, all);
  };
  const again = (): Promise<void> => client.invalidateQueries({ queryKey: key() });
  return {
    addRule: useMutation({
      mutationFn: (condition: AlertCondition) => call(Alerts, 'POST', `${alerts}/rules`, { condition }),
      onSuccess,
    }),
    change: useMutation({
      mutationFn: ({ path, enabled }: { readonly path: string; readonly enabled: boolean }) =>
        call(Alerts, 'PATCH', `${alerts}/${path}`, { enabled }),
      onSuccess,
    }),
    remove: useMutation({
      mutationFn: (path: string) => call(Alerts, 'DELETE', `${alerts}/${path}`),
      onSuccess,
    }),
    addTarget: useMutation({
      mutationFn: (target: CreateAlertTargetRequest) =>
        call(CreateAlertTargetAnswer, 'POST', `${alerts}/targets`, target),
      onSuccess: again,
    }),
    test: useMutation({
      mutationFn: (targetId: string) => act('POST', `${alerts}/targets/${targetId}/test`),
      onSettled: again,
    }),
  };
}
