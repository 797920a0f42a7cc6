import { RateLimiter, type Clock } from '@guildhall/kit';
import type { Pipe } from '@guildhall/rpc';

/** Enough for a page that comes back with twenty tiles and four tracks, far from enough to keep a router busy. */
const messageBurst = 200;
const messagesPerSecond = 50;
const produceBurst = 20;
const producesPerSecond = 1;
const maxBadMessages = 100;

/** How our own refusals of a malformed or impossible message begin; nothing a person typed can look like this. */
const refusal =
  /^\{"jsonrpc":"2\.0","id":(?:null|-?\d+|"[^"]*"),"error":\{.*"data":\{"code":"(?:request|rate|protocol)\./u;

export interface FloodGuard {
  readonly pipe: Pipe;
  /** A token for one request; answers in how many milliseconds there is one, or undefined. */
  overLimit(kind: 'message' | 'produce'): number | undefined;
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
  const limiters = {
    message: new RateLimiter({
      capacity: messageBurst,
      refillPerSecond: messagesPerSecond,
      maxKeys: 1,
      clock,
    }),
    produce: new RateLimiter({
      capacity: produceBurst,
      refillPerSecond: producesPerSecond,
      maxKeys: 1,
      clock,
    }),
  };
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
