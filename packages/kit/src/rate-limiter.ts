import type { Clock } from './clock.ts';

export interface RateLimiterOptions {
  /** Tokens of a full bucket: the burst allowed. */
  capacity: number;
  refillPerSecond: number;
  /** Buckets kept; the one unused for longest is forgotten first. Default 10,000. */
  maxKeys?: number;
  clock: Pick<Clock, 'monotonicMs'>;
}

export type RateDecision = { readonly ok: true } | { readonly ok: false; readonly retryAfterMs: number };

/** Token buckets by key (address, account), in bounded memory. */
export class RateLimiter {
  readonly #options: Required<RateLimiterOptions>;
  /** In the order of last use. */
  readonly #buckets = new Map<string, { tokens: number; atMs: number }>();

  constructor(options: RateLimiterOptions) {
    this.#options = { maxKeys: 10_000, ...options };
  }

  get keys(): number {
    return this.#buckets.size;
  }

  /** What `take` would say, and takes nothing. */
  check(key: string, cost = 1): RateDecision {
    return this.#judge(this.#refilled(key).tokens, cost);
  }

  /** Takes `cost` tokens of the key's bucket, or says when they will be there. */
  take(key: string, cost = 1): RateDecision {
    const bucket = this.#refilled(key);
    this.#buckets.delete(key);
    this.#buckets.set(key, bucket);
    this.#forgetOldest();
    const decision = this.#judge(bucket.tokens, cost);
    if (decision.ok) bucket.tokens -= cost;
    return decision;
  }

  /** Forgets what the key used, e.g. after a right password. */
  reset(key: string): void {
    this.#buckets.delete(key);
  }

  #judge(tokens: number, cost: number): RateDecision {
    if (tokens >= cost) return { ok: true };
    const { capacity, refillPerSecond } = this.#options;
    const missing = Math.min(cost, capacity) - tokens;
    return { ok: false, retryAfterMs: Math.ceil((missing / refillPerSecond) * 1000) };
  }

  #refilled(key: string): { tokens: number; atMs: number } {
    const { capacity, refillPerSecond, clock } = this.#options;
    const atMs = clock.monotonicMs();
    const last = this.#buckets.get(key);
    if (!last) return { tokens: capacity, atMs };
    const gained = ((atMs - last.atMs) / 1000) * refillPerSecond;
    return { tokens: Math.min(capacity, last.tokens + gained), atMs };
  }

  #forgetOldest(): void {
    for (const key of this.#buckets.keys()) {
      if (this.#buckets.size <= this.#options.maxKeys) return;
      this.#buckets.delete(key);
    }
  }
}
