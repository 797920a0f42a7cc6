import type { Clock, Logger, Timer } from '@guildhall/kit';
import type { OutboxSource } from './types.ts';

/** 100 of the longest events stay below the 64 KiB that any peer takes in one message. */
const eventsPerPush = 100;
const retryMs = 1_000;

interface PusherOptions {
  readonly outbox: OutboxSource;
  /** Sends one batch and answers the highest number the cloud has stored. */
  readonly push: (batch: {
    outboxEpoch: string;
    events: ReturnType<OutboxSource['peek']>['events'];
  }) => Promise<number>;
  readonly clock: Clock;
  readonly logger: Logger;
}

/**
 * Sends the outbox in order, one batch at a time, and deletes only what the cloud says it has. A lost answer repeats
 * the batch; the numbers make that harmless.
 */
export class OutboxPusher {
  readonly #options: PusherOptions;
  readonly #stopWatching: () => void;
  #isConnected = false;
  #isPushing = false;
  #retry: Timer | undefined;

  constructor(options: PusherOptions) {
    this.#options = options;
    this.#stopWatching = options.outbox.onEvents(() => void this.#run());
  }

  connected(isConnected: boolean): void {
    this.#isConnected = isConnected;
    this.#retry?.cancel();
    if (isConnected) void this.#run();
  }

  /** Idempotent. */
  close(): void {
    this.#stopWatching();
    this.connected(false);
  }

  async #run(): Promise<void> {
    if (this.#isPushing) return;
    this.#isPushing = true;
    const { outbox, clock, logger } = this.#options;
    try {
      while (this.#isConnected && (await this.#pushOne()));
    } catch (error) {
      if (!this.#isConnected) return;
      logger
        .sampled('outbox-push', 60_000)
        .warn(
          { err: error, waiting: outbox.size },
          'events did not reach the cloud; they are kept and sent again',
        );
      this.#retry = clock.setTimeout(() => void this.#run(), retryMs);
    } finally {
      this.#isPushing = false;
    }
  }

  /** False when nothing is left. */
  async #pushOne(): Promise<boolean> {
    const { outbox, push } = this.#options;
    const { events, lastSeq } = outbox.peek(eventsPerPush);
    if (lastSeq === 0) return false;
    const first = events[0];
    // Nothing in it can be read by this version any more.
    if (!first) outbox.ack(lastSeq);
    else {
      const ackedSeq = await push({ outboxEpoch: outbox.epoch, events });
      if (ackedSeq < first.seq) throw new Error(`the cloud acknowledged ${ackedSeq}, before ${first.seq}`);
      outbox.ack(Math.min(ackedSeq, lastSeq));
    }
    return true;
  }
}
