/** A running timer; `cancel` is idempotent, and the end of a `using` block cancels too. */
export interface Timer extends Disposable {
  cancel(): void;
}

/** All the time a server knows. Injected everywhere, so that tests own it. */
export interface Clock {
  /** Wall clock, epoch milliseconds. May jump when an administrator or NTP sets it. */
  now(): number;
  /** Milliseconds since some start; never jumps. For durations. */
  monotonicMs(): number;
  setTimeout(callback: () => void, delayMs: number): Timer;
  setInterval(callback: () => void, periodMs: number): Timer;
  /** Rejects with the signal's reason when it is aborted. */
  sleep(delayMs: number, signal?: AbortSignal): Promise<void>;
}

/** A timer of its way to be cancelled, for clocks. */
export function timerOf(cancel: () => void): Timer {
  return { cancel, [Symbol.dispose]: cancel };
}

/** `sleep` over any `setTimeout`. */
export function sleepWith(
  clock: Pick<Clock, 'setTimeout'>,
  delayMs: number,
  signal?: AbortSignal,
): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) return reject(asError(signal.reason));
    const abort = (): void => {
      timer.cancel();
      reject(asError(signal?.reason));
    };
    const timer = clock.setTimeout(() => {
      signal?.removeEventListener('abort', abort);
      resolve();
    }, delayMs);
    signal?.addEventListener('abort', abort, { once: true });
  });
}

function asError(reason: unknown): Error {
  return reason instanceof Error ? reason : new Error('aborted', { cause: reason });
}

/** The machine's clock. */
export const systemClock: Clock = {
  now: () => Date.now(),
  monotonicMs: () => performance.now(),
  setTimeout: (callback, delayMs) => {
    const id = setTimeout(callback, delayMs);
    return timerOf(() => clearTimeout(id));
  },
  setInterval: (callback, periodMs) => {
    const id = setInterval(callback, periodMs);
    return timerOf(() => clearInterval(id));
  },
  sleep: (delayMs, signal) => sleepWith(systemClock, delayMs, signal),
};
