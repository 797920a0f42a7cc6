import { GuildhallError } from '@guildhall/rpc';

export interface SerialQueueOptions {
  /** In sentences, e.g. "meeting 123". */
  name?: string;
  /** Tasks waiting or running at once; more are refused. Default 10,000. */
  maxLength?: number;
}

/**
 * Runs tasks one after the other, in the order given. A task which fails fails alone. A task must not await another
 * `run` of its own queue: it would wait for itself.
 */
export class SerialQueue {
  readonly #name: string;
  readonly #maxLength: number;
  #tail: Promise<void> = Promise.resolve();
  #size = 0;
  #isClosed = false;

  constructor({ name = 'the queue', maxLength = 10_000 }: SerialQueueOptions = {}) {
    this.#name = name;
    this.#maxLength = maxLength;
  }

  /** Tasks waiting or running. */
  get size(): number {
    return this.#size;
  }

  get isClosed(): boolean {
    return this.#isClosed;
  }

  /** Settles as the task does. @throws GuildhallError `overloaded` when full or closed; the task never ran then. */
  run<T>(task: () => T | Promise<T>): Promise<T> {
    if (this.#isClosed) return Promise.reject(refused(`${this.#name} is closing and takes no more work.`));
    if (this.#size >= this.#maxLength) {
      return Promise.reject(refused(`${this.#name} has ${this.#size} tasks waiting; try again in a moment.`));
    }
    this.#size++;
    const result = this.#tail.then(task).finally(() => {
      this.#size--;
    });
    this.#tail = result.then(ignore, ignore);
    return result;
  }

  /** Takes no more tasks; resolves when those taken are done. Idempotent. */
  async close(): Promise<void> {
    this.#isClosed = true;
    await this.#tail;
  }
}

function refused(sentence: string): GuildhallError {
  return new GuildhallError('overloaded', sentence, { retryAfterMs: 1_000 });
}

function ignore(): void {
  // Who asked for the task hears of its failure; the queue goes on.
}
