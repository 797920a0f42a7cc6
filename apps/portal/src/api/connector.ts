import {
  DownloadList,
  DryRunAnswer,
  HostingView,
  LiveView,
  VersionRule,
  ZoneList,
  type DryRunRequest,
} from '@guildhall/protocol';
import { queryOptions, useMutation, useQueryClient } from '@tanstack/react-query';
import type { z } from 'zod';
import { call } from './client.ts';

/** Below the key of the connector: whoever changes one of these makes all of them be asked again. */
const keys = {
  all: ['connector'],
  hosting: ['connector', 'hosting'],
  zones: ['connector', 'zones'],
  version: ['connector', 'version'],
  live: ['connector', 'live'],
  downloads: ['connector', 'downloads'],
} as const;

const LIVE_POLL_MS = 5_000;

export const hostingQuery = queryOptions({
  queryKey: keys.hosting,
  queryFn: () => call(HostingView, 'GET', '/connector/hosting'),
});
export const zonesQuery = queryOptions({
  queryKey: keys.zones,
  queryFn: () => call(ZoneList, 'GET', '/connector/zones'),
});
export const versionQuery = queryOptions({
  queryKey: keys.version,
  queryFn: () => call(VersionRule, 'GET', '/connector/minimum-version'),
});
export const liveQuery = queryOptions({
  queryKey: keys.live,
  queryFn: () => call(LiveView, 'GET', '/connector/live'),
  refetchInterval: LIVE_POLL_MS,
});

/** Asked again while digests are being computed. */
export const downloadsQuery = queryOptions({
  queryKey: keys.downloads,
  queryFn: () => call(DownloadList, 'GET', '/connector/downloads'),
  refetchInterval: ({ state }) =>
    state.data?.downloads.some((one) => one.sha256 === null) ? LIVE_POLL_MS : false,
});

export interface Change {
  readonly method: 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** Below `/connector`. */
  readonly path: string;
  readonly body?: unknown;
}

/** A change whose answer is the new state of what `key` shows. */
function useChange<S extends z.ZodType>(schema: S, key: readonly string[]) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: ({ method, path, body }: Change) => call(schema, method, `/connector${path}`, body),
    onSuccess: async (state) => {
      client.setQueryData(key, state);
      await client.invalidateQueries({ queryKey: keys.all });
    },
  });
}

export const useHostingChange = () => useChange(HostingView, keys.hosting);
export const useZonesChange = () => useChange(ZoneList, keys.zones);
export const useVersionChange = () => useChange(VersionRule, keys.version);
export const useLiveChange = () => useChange(LiveView, keys.live);

export const useDryRun = () =>
  useMutation({
    mutationFn: (input: DryRunRequest) => call(DryRunAnswer, 'POST', '/connector/dry-run', input),
  });
