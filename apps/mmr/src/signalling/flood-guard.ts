import { RateLimiter, type Clock } from '@guildhall/kit';
import type { Pipe } from '@guildhall/rpc';

/** What one link may ask. A page that comes into a large meeting says "ready" for hundreds of streams at once. */
const limits = {
  message: { capacity: 600, refillPerSecond: 50 },
  produce: { capacity: 20, refillPerSecond: 1 },
  // Every line goes to everybody and to the disks of the controllers.
  chat: { capacity: 20, refillPerSecond: 2 },
} as const;
export type LimitedKind = keyof typeof limits;
const maxBadMessages = 100;

/** How our own refusals of a malformed or impossible message begin; nothing a person typed can look like this. */
const refusal =
  /^\{"jsonrpc":"2\.0","id":(?:null|-?\d+|"[^"]*"),"error":\{.*"data":\{"code":"(?:request|protocol)\./u;

export interface FloodGuard {
  readonly pipe: Pipe;
  /** A token for one request; answers in how many milliseconds there is one, or undefined. */
  overLimit(kind: LimitedKind): number | undefined;
}

/**
 * Counts what one link asks and how often it had to be refused. Who sends nonsense a hundred times is cut off: a page
 * of ours never does.
 */
export const guardAgainstFloods = (
  inner: Pipe,
  clock: Pick<Clock, 'monotonicMs'>,
  onTooManyErrors: () => void,
): FloodGuard => {
  let bad = 0;
  const limiter = (kind: LimitedKind): RateLimiter => new RateLimiter({ ...limits[kind], maxKeys: 1, clock });
  const limiters = { message: limiter('message'), produce: limiter('produce'), chat: limiter('chat') };
  return {
    pipe: {
      get bufferedBytes() {
        return inner.bufferedBytes;
      },
      send: (text) => {
        inner.send(text);
        // Refusals are short; the long messages of a meeting are not looked at.
        if (text.length < 2_000 && refusal.test(text)) bad += 1;
        if (bad === maxBadMessages) onTooManyErrors();
      },
      onMessage: (callback) => inner.onMessage(callback),
      onClose: (callback) => inner.onClose(callback),
      close: (code, reason) => inner.close(code, reason),
    },
    overLimit: (kind) => {
      const decision = limiters[kind].take('');
      return decision.ok ? undefined : decision.retryAfterMs;
    },
  };
};
