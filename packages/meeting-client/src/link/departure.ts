import type { LinkClock, TimerHandle } from '@guildhall/rpc';
import type { MeetingPeer } from './slot.ts';

/** Longer than the router of before waits by itself. */
const LIMIT_MS = 17_000;

export interface DepartureOptions {
  readonly before: MeetingPeer;
  /** Resolves when everything that came from the router of before comes from the one of now. */
  readonly settled: Promise<void>;
  /** Closes the media of before. */
  readonly letGo: () => void;
  readonly clock: LinkClock;
}

/**
 * The link and the media of before, while a meeting moves. They go on until the router of before closes the link, which
 * it does when everybody has said to be done: others may still hear us through it, whatever we hear already.
 */
export class Departure {
  readonly #options: DepartureOptions;
  readonly #limit: TimerHandle;
  #isOver = false;

  constructor(options: DepartureOptions) {
    this.#options = options;
    const { before, settled, clock } = options;
    void settled.then(() => before.request('move.done', {}).catch(() => undefined));
    void before.closed.then(() => this.close());
    this.#limit = clock.setTimeout(() => this.close(), LIMIT_MS);
  }

  /** Idempotent. */
  close(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#limit.cancel();
    this.#options.before.close(1000, 'moved');
    this.#options.letGo();
  }
}
