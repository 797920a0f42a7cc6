import { ConsoleUpdates, type ActivateVersionRequest } from '@guildhall/protocol';
import { queryOptions, useMutation, useQueryClient } from '@tanstack/react-query';
import type { z } from 'zod';
import { call, sendBytes } from './client.ts';

const PART_BYTES = 2 * 1024 * 1024;
const WATCH_EVERY_MS = 1_500;

/** The versions on this server. */
export const updatesQuery = queryOptions({
  queryKey: ['updates'],
  queryFn: () => call(ConsoleUpdates, 'GET', '/updates'),
  refetchInterval: ({ state }) => (state.data?.restart?.finishedAtMs === null ? WATCH_EVERY_MS : false),
});

function useChange<Input>(mutationFn: (input: Input) => Promise<ConsoleUpdates>) {
  const client = useQueryClient();
  return useMutation({
    mutationFn,
    onSuccess: (state) => client.setQueryData(updatesQuery.queryKey, state),
  });
}

/** Uploads a bundle part by part, then has it verified and installed. `onProgress` gets 0 to 1. */
export const useInstallBundle = () =>
  useChange(async (input: { readonly bundle: File; readonly onProgress: (done: number) => void }) => {
    const { bundle, onProgress } = input;
    for (let offset = 0; offset < Math.max(1, bundle.size); offset += PART_BYTES) {
      // One after the other: the server writes them to one file.
      await sendBytes('PUT', `/updates/upload?offset=${offset}`, bundle.slice(offset, offset + PART_BYTES));
      onProgress(Math.min(1, (offset + PART_BYTES) / Math.max(1, bundle.size)));
    }
    return call(ConsoleUpdates, 'POST', '/updates/install');
  });

export const useActivateVersion = () =>
  useChange((input: z.output<typeof ActivateVersionRequest>) =>
    call(ConsoleUpdates, 'POST', '/updates/activate', input),
  );

/** The router that waits for its meetings waits no more. */
export const useRestartNow = () =>
  useChange(() => call(ConsoleUpdates, 'POST', '/updates/restart-now', { confirmed: true }));
