import type * as entry from '../meeting/entry.ts';

/**
 * Everything the page needs after the first picture: the client, media, the stage. A file of its own, asked for at
 * once, so that the pre-join page paints first and Join finds all of it ready.
 */
export type Engine = typeof entry;

let loading: Promise<Engine> | undefined;

/** The same promise every time; a failed load (the network was away) is tried anew by the next call. */
export const loadEngine = (): Promise<Engine> => {
  loading ??= import('../meeting/entry.ts').catch((error: unknown) => {
    loading = undefined;
    throw error;
  });
  return loading;
};
