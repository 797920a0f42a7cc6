import type { ServiceName } from '@guildhall/protocol';

type Environment = Record<string, string>;

/** Remembers what each service was started with, so that only those are started anew whom a change concerns. */
export class StartedWith {
  readonly #environmentOf: (name: ServiceName) => Environment;
  readonly #last = new Map<ServiceName, string>();

  constructor(environmentOf: (name: ServiceName) => Environment) {
    this.#environmentOf = environmentOf;
  }

  /** For a start. */
  take(name: ServiceName): Environment {
    const environment = this.#environmentOf(name);
    this.#last.set(name, JSON.stringify(environment));
    return environment;
  }

  /** Whether a start now would be another one; true when nobody remembers the last. */
  isOutdated(name: ServiceName): boolean {
    return this.#last.get(name) !== JSON.stringify(this.#environmentOf(name));
  }
}
