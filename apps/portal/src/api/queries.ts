import {
  Connector,
  ConnectorTokenAnswer,
  Me,
  Meeting,
  MeetingList,
  User,
  UserList,
  type CreateMeetingRequest,
  type UpdateMeetingRequest,
  type UserRole,
} from '@guildhall/protocol';
import {
  infiniteQueryOptions,
  QueryCache,
  QueryClient,
  queryOptions,
  useMutation,
  useQueryClient,
} from '@tanstack/react-query';
import { forgetPasses, renewOwnPasses } from '@guildhall/rest-client/passes';
import { act, ApiError, call, rest } from './client.ts';

const keys = {
  me: ['me'],
  meetings: ['meetings'],
  users: ['users'],
  connector: ['connector'],
} as const;

const PAGE = 50;
const CONNECTOR_POLL_MS = 5_000;

/** One cache per page. A session that ended anywhere sends the whole page to sign-in. */
export function createQueryClient(): QueryClient {
  const client: QueryClient = new QueryClient({
    queryCache: new QueryCache({
      onError: (error) => {
        if (error instanceof ApiError && error.code === 'auth.required') client.setQueryData(keys.me, null);
      },
    }),
    defaultOptions: {
      queries: {
        staleTime: 10_000,
        // Refusals do not change by asking again; an unreachable server may.
        retry: (failures, error) =>
          failures < 2 && error instanceof ApiError && error.code === 'link.unreachable',
      },
    },
  });
  return client;
}

/** Who is signed in; null when nobody is. */
export const meQuery = queryOptions({
  queryKey: keys.me,
  queryFn: async (): Promise<Me | null> => {
    try {
      return await call(Me, 'GET', '/me');
    } catch (error) {
      if (!(error instanceof ApiError && error.code === 'auth.required')) throw error;
      forgetPasses();
      return null;
    }
  },
  staleTime: 60_000,
});

export type When = 'upcoming' | 'past';

export const meetingsQuery = (when: When) =>
  infiniteQueryOptions({
    queryKey: [...keys.meetings, when],
    queryFn: ({ pageParam }) =>
      call(
        MeetingList,
        'GET',
        `/meetings?when=${when}&limit=${PAGE}${pageParam ? `&cursor=${encodeURIComponent(pageParam)}` : ''}`,
      ),
    initialPageParam: '',
    getNextPageParam: (last) => last.nextCursor,
  });

/**
 * Keeps in this browser what lets this person into the own meetings while the portal is away: when the page is open, and
 * again whenever meetings changed. Answers how many there are.
 */
export const passesQuery = queryOptions({
  queryKey: [...keys.meetings, 'passes'],
  queryFn: () => renewOwnPasses(rest, Date.now()),
  staleTime: 600_000,
  refetchInterval: 3_600_000,
});

export const meetingQuery = (number: string) =>
  queryOptions({
    queryKey: [...keys.meetings, 'one', number],
    queryFn: () => call(Meeting, 'GET', `/meetings/${encodeURIComponent(number)}`),
  });

export const usersQuery = queryOptions({
  queryKey: keys.users,
  queryFn: () => call(UserList, 'GET', '/users'),
});

export const connectorQuery = queryOptions({
  queryKey: keys.connector,
  queryFn: () => call(Connector, 'GET', '/connector'),
  refetchInterval: CONNECTOR_POLL_MS,
});

/** Meetings changed (here, or in another place as the gateway told): load what is shown again. */
export function refreshMeetings(client: QueryClient): Promise<void> {
  return client.invalidateQueries({ queryKey: keys.meetings });
}

/** What the last person saw is forgotten. Not `clear()`: pages that watch `me` would not hear of the change. */
function becomePerson(client: QueryClient, me: Me | null): void {
  forgetPasses();
  client.removeQueries({ predicate: (query) => query.queryKey[0] !== keys.me[0] });
  client.setQueryData(keys.me, me);
}

export function useSignIn() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (input: { readonly email: string; readonly password: string }) =>
      call(Me, 'POST', '/session', input),
    onSuccess: (me) => becomePerson(client, me),
  });
}

export function useSignOut() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: () => act('DELETE', '/session'),
    onSuccess: () => becomePerson(client, null),
  });
}

export function useUpdateName() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (name: string) => call(Me, 'PATCH', '/me', { name }),
    onSuccess: (me) => client.setQueryData(keys.me, me),
  });
}

export function useChangePassword() {
  return useMutation({
    mutationFn: (input: { readonly currentPassword: string; readonly newPassword: string }) =>
      act('PUT', '/me/password', input),
  });
}

export function useCreateMeeting() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (input: CreateMeetingRequest) => call(Meeting, 'POST', '/meetings', input),
    onSuccess: () => refreshMeetings(client),
  });
}

export function useUpdateMeeting(number: string) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (input: UpdateMeetingRequest) => call(Meeting, 'PATCH', `/meetings/${number}`, input),
    onSuccess: () => refreshMeetings(client),
  });
}

export function useDeleteMeeting() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (number: string) => act('DELETE', `/meetings/${number}`),
    onSuccess: () => refreshMeetings(client),
  });
}

export function useAddUser() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (input: {
      readonly email: string;
      readonly name: string;
      readonly role: UserRole;
      readonly password: string;
    }) => call(User, 'POST', '/users', input),
    onSuccess: () => client.invalidateQueries({ queryKey: keys.users }),
  });
}

export function useEnableConnector() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: () => call(Connector, 'POST', '/connector/enable'),
    onSuccess: (connector) => client.setQueryData(keys.connector, connector),
  });
}

export function useConnectorMode() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (mode: Connector['mode']) => call(Connector, 'PUT', '/connector/mode', { mode }),
    onSuccess: async (connector) => {
      client.setQueryData(keys.connector, connector);
      await client.invalidateQueries({ queryKey: keys.connector });
    },
  });
}

/** The one before is good no more. The answer holds the only copy. */
export function useNewConnectorToken() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: async () => (await call(ConnectorTokenAnswer, 'POST', '/connector/token')).token,
    onSuccess: () => client.invalidateQueries({ queryKey: keys.connector }),
  });
}
