import {
  ConfigureView,
  NetworkPlan,
  NetworkSettingsView,
  NetworkStatus,
  type ConfigureRequest,
  type NetworkApplyRequest,
} from '@guildhall/protocol';
import { queryOptions, useMutation, useQueryClient, type QueryClient } from '@tanstack/react-query';
import type { z } from 'zod';
import { call } from './client.ts';
import { statusQuery } from './queries.ts';

export type NetworkFormBody = NetworkSettingsView['form'];

/** Interfaces, routes and DNS as the machine tells them. Not polled: a look is asked for. */
export const networkQuery = queryOptions({
  queryKey: ['network'],
  queryFn: () => call(NetworkStatus, 'GET', '/network'),
});

/** The settings in force and the change that waits. */
export const networkSettingsQuery = queryOptions({
  queryKey: ['network', 'settings'],
  queryFn: () => call(NetworkSettingsView, 'GET', '/network/settings'),
});

/** What Configure begins with. */
export const configureQuery = queryOptions({
  queryKey: ['configure'],
  queryFn: () => call(ConfigureView, 'GET', '/configure'),
});

export const usePlanNetwork = () =>
  useMutation({
    mutationFn: (form: NetworkFormBody) => call(NetworkPlan, 'POST', '/network/plan', { form }),
  });

/** What a change answered counts; a look of before it that is still under way would put the old state in its place. */
async function settle(client: QueryClient, queryKey: readonly string[], view: unknown): Promise<void> {
  await client.cancelQueries({ queryKey, exact: true });
  client.setQueryData(queryKey, view);
}

function useSettingsMutation<Input>(send: (input: Input) => Promise<NetworkSettingsView>) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: send,
    onSuccess: async (view) => {
      await settle(client, networkSettingsQuery.queryKey, view);
      await client.invalidateQueries({ queryKey: networkQuery.queryKey, exact: true });
    },
  });
}

export const useApplyNetwork = () =>
  useSettingsMutation((input: z.output<typeof NetworkApplyRequest>) =>
    call(NetworkSettingsView, 'PUT', '/network/settings', input),
  );

/** Ends a pending change: keeps it or takes it back. */
export const useEndChange = (verb: 'confirm' | 'rollback') =>
  useSettingsMutation((id: string) => call(NetworkSettingsView, 'POST', `/network/${verb}`, { id }));

export function useConfigure() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (input: z.output<typeof ConfigureRequest>) =>
      call(ConfigureView, 'POST', '/configure', input),
    onSuccess: async (view) => {
      await settle(client, configureQuery.queryKey, view);
      await client.invalidateQueries({ queryKey: statusQuery.queryKey });
    },
  });
}
