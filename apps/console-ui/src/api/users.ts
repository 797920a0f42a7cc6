import {
  ConsoleUsers,
  type AddConsoleUserRequest,
  type ConsoleUser,
  type ResetConsolePasswordRequest,
} from '@guildhall/protocol';
import { queryOptions, useMutation, useQueryClient } from '@tanstack/react-query';
import type { z } from 'zod';
import { act, call } from './client.ts';
import { meQuery } from './queries.ts';

/** Everybody who may sign in to this console. */
export const usersQuery = queryOptions({
  queryKey: ['users'],
  queryFn: () => call(ConsoleUsers, 'GET', '/users'),
});

/** One change of the users; the list is loaded again after each, and who I am: it may have been me. */
function useUserMutation<Input>(mutationFn: (input: Input) => Promise<void>) {
  const client = useQueryClient();
  return useMutation({
    mutationFn,
    onSuccess: async () => {
      await client.invalidateQueries({ queryKey: usersQuery.queryKey });
      await client.invalidateQueries({ queryKey: meQuery.queryKey });
    },
  });
}

export const useAddUser = () =>
  useUserMutation((input: z.output<typeof AddConsoleUserRequest>) => act('POST', '/users', input));

export const useSetAuthority = () =>
  useUserMutation(({ username, authority }: Pick<ConsoleUser, 'username' | 'authority'>) =>
    act('PUT', `/users/${username}`, { authority }),
  );

export const useResetPassword = () =>
  useUserMutation(
    ({
      username,
      newPassword,
    }: z.output<typeof ResetConsolePasswordRequest> & { readonly username: string }) =>
      act('PUT', `/users/${username}/password`, { newPassword }),
  );

export const useDeleteUser = () => useUserMutation((username: string) => act('DELETE', `/users/${username}`));
