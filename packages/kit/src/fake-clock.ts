import { sleepWith, timerOf, type Clock, type Timer } from './clock.ts';

interface Due {
  atMs: number;
  readonly order: number;
  readonly callback: () => void;
  readonly periodMs: number | undefined;
}

/**
 * A clock which stands still until `advance`. Timers run in the order of their time, then of their making; between
 * two of them everything which was awaiting gets its turn, so that a timer set by a continuation is seen.
 */
export class FakeClock implements Clock {
  #nowMs: number;
  readonly #startMs: number;
  readonly #due = new Set<Due>();
  #orders = 0;

  /** @param startMs epoch milliseconds */
  constructor(startMs = Date.UTC(2030, 0, 1)) {
    this.#nowMs = startMs;
    this.#startMs = startMs;
  }

  now(): number {
    return this.#nowMs;
  }

  monotonicMs(): number {
    return this.#nowMs - this.#startMs;
  }

  /** How many timers are running. */
  get timers(): number {
    return this.#due.size;
  }

  setTimeout(callback: () => void, delayMs: number): Timer {
    return this.#add(callback, delayMs, undefined);
  }

  setInterval(callback: () => void, periodMs: number): Timer {
    return this.#add(callback, periodMs, Math.max(1, periodMs));
  }

  sleep(delayMs: number, signal?: AbortSignal): Promise<void> {
    return sleepWith(this, delayMs, signal);
  }

  /** Lets `byMs` pass. Resolves when every timer due by then has run and all continuations came to rest. */
  async advance(byMs: number): Promise<void> {
    const untilMs = this.#nowMs + byMs;
    await settle();
    for (let next = this.#next(untilMs); next; next = this.#next(untilMs)) {
      this.#nowMs = Math.max(this.#nowMs, next.atMs);
      if (next.periodMs === undefined) this.#due.delete(next);
      else next.atMs += next.periodMs;
      next.callback();
      await settle();
    }
    this.#nowMs = untilMs;
  }

  #add(callback: () => void, delayMs: number, periodMs: number | undefined): Timer {
    const due: Due = { atMs: this.#nowMs + Math.max(0, delayMs), order: this.#orders++, callback, periodMs };
    this.#due.add(due);
    return timerOf(() => this.#due.delete(due));
  }

  #next(untilMs: number): Due | undefined {
    let first: Due | undefined;
    for (const due of this.#due) {
      if (due.atMs > untilMs) continue;
      if (!first || due.atMs < first.atMs || (due.atMs === first.atMs && due.order < first.order))
        first = due;
    }
    return first;
  }
}

/** One turn of the event loop: all microtasks, however deeply chained, run before it ends. */
function settle(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
