import { ConsoleMe, ConsoleStatus, type ServiceAction, type ServiceName } from '@guildhall/protocol';
import { QueryCache, QueryClient, queryOptions, useMutation, useQueryClient } from '@tanstack/react-query';
import type { z } from 'zod';
import { act, ApiError, call } from './client.ts';

const keys = { me: ['me'], status: ['status'] } as const;

const POLL_MS = 2_000;

/** One cache per page. A session that ended sends the page back to sign-in. */
export function createQueryClient(): QueryClient {
  const client: QueryClient = new QueryClient({
    queryCache: new QueryCache({
      onError: (error) => {
        if (!(error instanceof ApiError)) return;
        if (error.code === 'auth.required') client.setQueryData(keys.me, null);
        if (error.code === 'auth.password-change-required')
          void client.invalidateQueries({ queryKey: keys.me });
      },
    }),
    defaultOptions: { queries: { retry: false, staleTime: 1_000 } },
  });
  return client;
}

/** Who is signed in; null when nobody is. */
export const meQuery = queryOptions({
  queryKey: keys.me,
  queryFn: async (): Promise<ConsoleMe | null> => {
    try {
      return await call(ConsoleMe, 'GET', '/me');
    } catch (error) {
      if (error instanceof ApiError && error.code === 'auth.required') return null;
      throw error;
    }
  },
  staleTime: 60_000,
});

/** The state of this server, asked again and again while it is shown. */
export const statusQuery = queryOptions({
  queryKey: keys.status,
  queryFn: () => call(ConsoleStatus, 'GET', '/status'),
  refetchInterval: POLL_MS,
});

export function useSignIn() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: async (input: { readonly username: string; readonly password: string }) => {
      const me = await call(ConsoleMe, 'POST', '/session', input);
      client.removeQueries({ queryKey: keys.status });
      client.setQueryData(keys.me, me);
    },
  });
}

export function useSignOut() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: () => act('DELETE', '/session'),
    onSuccess: () => {
      client.removeQueries({ queryKey: keys.status });
      client.setQueryData(keys.me, null);
    },
  });
}

export function useChangePassword() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (input: { readonly currentPassword: string; readonly newPassword: string }) =>
      act('PUT', '/me/password', input),
    onSuccess: () => client.invalidateQueries({ queryKey: keys.me }),
  });
}

/** Stops the router after its last meeting, or takes that back. */
export function useDrain() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (what: 'start' | 'cancel') =>
      call(ConsoleStatus, 'POST', `/services/mmr/drain${what === 'cancel' ? '/cancel' : ''}`, {}),
    onSuccess: (status) => client.setQueryData(keys.status, status),
  });
}

export function useServiceAction() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (input: {
      readonly name: ServiceName;
      readonly action: z.output<typeof ServiceAction>;
      readonly confirmed: boolean;
    }) =>
      call(
        ConsoleStatus,
        'POST',
        `/services/${input.name}/${input.action}`,
        input.confirmed ? { confirmed: true } : {},
      ),
    onSuccess: (status) => client.setQueryData(keys.status, status),
  });
}
