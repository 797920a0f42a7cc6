import { GuildhallError, isGuildhallError, type LinkClock } from '@guildhall/rpc';

export type Way<T> = (signal: AbortSignal) => Promise<T>;

/**
 * Tries all ways at once: the first success wins and the others are aborted. When all fail, rejects with the first error
 * that is a reason: a way that was called off because another one failed has none. An error for which `isFinal` holds
 * ends the race at once.
 */
export const raceWays = <T>(
  ways: readonly Way<T>[],
  signal: AbortSignal,
  isFinal: (error: unknown) => boolean = () => false,
): Promise<T> =>
  new Promise((resolve, reject) => {
    const stop = new AbortController();
    const cancel = (): void => {
      stop.abort();
      reject(cancelled());
    };
    if (signal.aborted || ways.length === 0) return cancel();
    signal.addEventListener('abort', cancel, { once: true });
    let left = ways.length;
    let firstError: unknown;
    const settle = (): void => {
      signal.removeEventListener('abort', cancel);
      stop.abort();
    };
    const won = (value: T): void => {
      settle();
      resolve(value);
    };
    const lost = (error: unknown): void => {
      if (firstError === undefined || isCancelled(firstError)) firstError = error;
      left--;
      if (left > 0 && !isFinal(error)) return;
      settle();
      reject(isFinal(error) ? error : firstError);
    };
    for (const way of ways) {
      way(stop.signal).then(won, lost);
    }
  });

/** Rejects with `request.timeout` when it takes longer; `work` is told by its signal. */
export const within = async <T>(
  limitMs: number,
  what: string,
  clock: LinkClock,
  signal: AbortSignal,
  work: Way<T>,
): Promise<T> => {
  if (signal.aborted) throw cancelled();
  const stop = new AbortController();
  const onAbort = (): void => stop.abort();
  signal.addEventListener('abort', onAbort, { once: true });
  const { promise: late, reject } = Promise.withResolvers<never>();
  const timer = clock.setTimeout(() => {
    reject(new GuildhallError('request.timeout', `${what} did not answer within ${limitMs} ms.`));
    stop.abort();
  }, limitMs);
  try {
    return await Promise.race([work(stop.signal), late]);
  } finally {
    timer.cancel();
    signal.removeEventListener('abort', onAbort);
  }
};

/** Waits; ends early, without an error, when the signal is aborted. */
export const pause = (delayMs: number, clock: LinkClock, signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    if (signal.aborted) return resolve();
    const timer = clock.setTimeout(done, delayMs);
    function done(): void {
      timer.cancel();
      signal.removeEventListener('abort', done);
      resolve();
    }
    signal.addEventListener('abort', done, { once: true });
  });

const isCancelled = (error: unknown): boolean => isGuildhallError(error, 'request.cancelled');

const cancelled = (): GuildhallError => new GuildhallError('request.cancelled', 'The attempt was cancelled.');
