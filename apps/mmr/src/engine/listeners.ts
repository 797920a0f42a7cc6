import type { LinkLogger } from '@guildhall/rpc';
import type { Unsubscribe } from './port.ts';

/**
 * The listeners of one event. One that throws is logged and stops nobody else: behind an event of the engine stand
 * many meetings.
 */
export class Listeners<T> {
  readonly #listeners = new Set<(event: T) => void>();
  readonly #logger: LinkLogger;

  constructor(logger: LinkLogger) {
    this.#logger = logger;
  }

  add(listener: (event: T) => void): Unsubscribe {
    // A wrapper of its own, so that the same function may be added twice and each removal takes one.
    const entry = (event: T): void => listener(event);
    this.#listeners.add(entry);
    return () => {
      this.#listeners.delete(entry);
    };
  }

  emit(event: T): void {
    for (const listener of Array.from(this.#listeners)) {
      try {
        listener(event);
      } catch (error) {
        this.#logger.error({ err: error }, 'a listener of the media engine failed');
      }
    }
  }

  clear(): void {
    this.#listeners.clear();
  }
}
