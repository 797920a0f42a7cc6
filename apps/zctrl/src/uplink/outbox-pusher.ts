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
  #isProbed = false;
  #retry: Timer | undefined;

  constructor(options: PusherOptions) {
    this.#options = options;
    this.#stopWatching = options.outbox.onEvents(() => void this.#run());
  }

  connected(isConnected: boolean): void {
    this.#isConnected = isConnected;
    this.#isProbed = false;
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

  /**
   * False when nothing is left. The first batch on a link is a single event: when a VM was put back to a snapshot, its
   * disk gives numbers out a second time, and the answer to that one event shows it before others are taken for repeats.
   */
  async #pushOne(): Promise<boolean> {
    const { outbox, push, logger } = this.#options;
    const { events, lastSeq } = outbox.peek(this.#isProbed ? eventsPerPush : 1);
    if (lastSeq === 0) return false;
    const first = events[0];
    if (!first) {
      // Nothing in it can be read by this version any more.
      outbox.ack(lastSeq);
      return true;
    }
    outbox.markSent(lastSeq);
    const ackedSeq = await push({ outboxEpoch: outbox.epoch, events });
    if (ackedSeq < first.seq) throw new Error(`the cloud acknowledged ${ackedSeq}, before ${first.seq}`);
    if (ackedSeq > outbox.sentUpTo) {
      logger.warn(
        { ackedSeq, sentUpTo: outbox.sentUpTo },
        'the disk is older than what the cloud has of it (a restored snapshot); the events are sent under a new epoch',
      );
      outbox.renewEpoch();
      return true;
    }
    this.#isProbed = true;
    outbox.ack(ackedSeq);
    return true;
  }
}
