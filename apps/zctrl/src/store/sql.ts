import type { DatabaseSync } from 'node:sqlite';
import { inTransaction } from '@guildhall/kit';
import { GuildhallError, isGuildhallError } from '@guildhall/rpc';

/** Runs a statement; whatever the disk refuses becomes the registered error. @throws GuildhallError `store.unavailable` */
export function stored<T>(work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (isGuildhallError(error)) throw error;
    const sentence =
      'The zone controller could not write to its disk; nothing was changed. Try again in a moment.';
    throw new GuildhallError('store.unavailable', sentence, { cause: error, retryAfterMs: 1_000 });
  }
}

/** All of `work` is on disk when this returns, or nothing of it. @throws GuildhallError `store.unavailable` */
export function transaction<T>(database: DatabaseSync, work: () => T): T {
  return stored(() => inTransaction(database, work));
}
