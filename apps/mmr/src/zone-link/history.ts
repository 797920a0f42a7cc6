import type { Clock, Logger, Random, Timer } from '@guildhall/kit';
import type { MeetingEvent } from '@guildhall/protocol';
import type { RegisteredController } from './types.ts';

const gatherMs = 300;
const retryAfterMs = 1_000;
const maxBatch = 200;
/** Without any controller for long the oldest are given up: history is worth less than the router's memory. */
const maxQueued = 20_000;

/** Brings the events of the history to one controller, in order, once. */
export class History {
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #logger: Logger;
  readonly #controllers = new Set<RegisteredController>();
  #queue: MeetingEvent[] = [];
  /** Keeps its id until it is stored, so a lost answer does not tell anything twice. */
  #batch: { readonly batchId: string; readonly events: readonly MeetingEvent[] } | undefined;
  #timer: Timer | undefined;
  #sending: Promise<void> | undefined;

  constructor(clock: Clock, random: Random, logger: Logger) {
    this.#clock = clock;
    this.#random = random;
    this.#logger = logger;
  }

  /** Returns how to take the controller out again. */
  link(controller: RegisteredController): () => void {
    this.#controllers.add(controller);
    this.#later(0);
    return () => this.#controllers.delete(controller);
  }

  add(event: MeetingEvent): void {
    this.#queue.push(event);
    if (this.#queue.length > maxQueued) {
      this.#queue.splice(0, this.#queue.length - maxQueued);
      this.#logger
        .sampled('history', 60_000)
        .warn('events of the history were given up: no controller takes them');
    }
    this.#later(gatherMs);
  }

  /** Sends what is there now; resolves when it is stored or was refused. */
  async flush(): Promise<void> {
    this.#timer?.cancel();
    this.#timer = undefined;
    await this.#sending;
    await this.#send();
  }

  close(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
  }

  #later(delayMs: number): void {
    this.#timer ??= this.#clock.setTimeout(() => {
      this.#timer = undefined;
      void this.#send();
    }, delayMs);
  }

  #send(): Promise<void> {
    this.#sending ??= this.#sendAll().finally(() => {
      this.#sending = undefined;
    });
    return this.#sending;
  }

  async #sendAll(): Promise<void> {
    for (;;) {
      const [controller] = this.#controllers;
      if (!controller || (!this.#batch && this.#queue.length === 0)) return;
      this.#batch ??= { batchId: newBatchId(this.#random), events: this.#queue.splice(0, maxBatch) };
      try {
        await controller.putEvents(this.#batch.batchId, this.#batch.events);
        this.#batch = undefined;
      } catch (error) {
        this.#logger
          .sampled('events', 10_000)
          .warn({ err: error }, 'events of the history were not stored yet');
        this.#later(retryAfterMs);
        return;
      }
    }
  }
}

const newBatchId = (random: Random): string => Buffer.from(random.bytes(18)).toString('base64url');
