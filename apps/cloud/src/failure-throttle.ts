import type { Clock } from '@guildhall/kit';

export interface FailureThrottleOptions {
  /** Failures that cost nothing. */
  readonly free: number;
  /** The wait after the first failure beyond those; doubles with each further one. */
  readonly firstDelayMs: number;
  readonly maxDelayMs: number;
  /** A key that did not fail for so long starts over. */
  readonly forgetAfterMs: number;
  /** Keys kept; the one that failed longest ago is forgotten first. */
  readonly maxKeys?: number;
  readonly clock: Pick<Clock, 'monotonicMs'>;
}

interface Failures {
  count: number;
  lastMs: number;
}

/**
 * A growing wait after wrong guesses, in bounded memory. Only failures count: any number of people behind one address
 * may be right. Not the rate limiter of a library, because those count every attempt and own their clock.
 */
export class FailureThrottle {
  readonly #options: Required<FailureThrottleOptions>;
  /** In the order of the last failure. */
  readonly #failures = new Map<string, Failures>();

  constructor(options: FailureThrottleOptions) {
    this.#options = { maxKeys: 20_000, ...options };
  }

  /**
   * How long this key must wait before its next attempt is looked at; 0: not at all.
   * @param free overrides how many failures cost nothing
   */
  waitMs(key: string, free = this.#options.free): number {
    const failures = this.#current(key);
    if (!failures || failures.count < free) return 0;
    const { firstDelayMs, maxDelayMs, clock } = this.#options;
    const delayMs = Math.min(maxDelayMs, firstDelayMs * 2 ** Math.min(failures.count - free, 30));
    return Math.max(0, Math.ceil(failures.lastMs + delayMs - clock.monotonicMs()));
  }

  failures(key: string): number {
    return this.#current(key)?.count ?? 0;
  }

  fail(key: string): void {
    const count = this.failures(key) + 1;
    this.#failures.delete(key);
    this.#failures.set(key, { count, lastMs: this.#options.clock.monotonicMs() });
    for (const oldest of this.#failures.keys()) {
      if (this.#failures.size <= this.#options.maxKeys) return;
      this.#failures.delete(oldest);
    }
  }

  /** The key proved itself. */
  clear(key: string): void {
    this.#failures.delete(key);
  }

  #current(key: string): Failures | undefined {
    const failures = this.#failures.get(key);
    if (!failures) return undefined;
    if (this.#options.clock.monotonicMs() - failures.lastMs < this.#options.forgetAfterMs) return failures;
    this.#failures.delete(key);
    return undefined;
  }
}
