import { MediaProbe, SelfTestState, type MediaProbeRequest } from '@guildhall/protocol';
import { queryOptions, useMutation, useQueryClient } from '@tanstack/react-query';
import { call } from './client.ts';

const RUNNING_POLL_MS = 500;

/** How the last self-test went, or goes. */
export const selfTestQuery = queryOptions({
  queryKey: ['self-test'],
  queryFn: () => call(SelfTestState, 'GET', '/self-test'),
  refetchInterval: ({ state: { data } }) =>
    data && data.startedAtMs !== null && data.finishedAtMs === null ? RUNNING_POLL_MS : false,
});

export function useRunSelfTest() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: () => call(SelfTestState, 'POST', '/self-test'),
    onSuccess: (state) => client.setQueryData(selfTestQuery.queryKey, state),
  });
}

/** Has the router open places for this browser to dial. */
export const openMediaProbe = (request: MediaProbeRequest) =>
  call(MediaProbe, 'POST', '/self-test/media-probe', request);
