import { createHash } from 'node:crypto';
import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import type { ServiceName } from '@guildhall/protocol';
import { z } from 'zod';

type Environment = Record<string, string>;

const Remembered = z.record(z.string(), z.string());

/**
 * Remembers what each service was started with, so that only those are started anew whom a change concerns. On disk as a
 * digest, for the console may start anew while they run; the environment itself can hold a password.
 */
export class StartedWith {
  readonly #environmentOf: (name: ServiceName) => Environment;
  readonly #path: string;
  readonly #last: Map<string, string>;

  /** @param path where it is remembered, in a directory that exists */
  constructor(path: string, environmentOf: (name: ServiceName) => Environment) {
    this.#path = path;
    this.#environmentOf = environmentOf;
    this.#last = new Map(Object.entries(read(path)));
  }

  /** For a start. */
  take(name: ServiceName): Environment {
    const environment = this.#environmentOf(name);
    this.#last.set(name, digestOf(environment));
    const next = `${this.#path}.tmp`;
    writeFileSync(next, JSON.stringify(Object.fromEntries(this.#last)), { mode: 0o600 });
    renameSync(next, this.#path);
    return environment;
  }

  /** Whether a start now would be another one; true when nobody remembers the last. */
  isOutdated(name: ServiceName): boolean {
    return this.#last.get(name) !== digestOf(this.#environmentOf(name));
  }
}

const digestOf = (environment: Environment): string =>
  createHash('sha256')
    .update(JSON.stringify(Object.entries(environment).toSorted(([a], [b]) => (a < b ? -1 : 1))))
    .digest('base64url');

function read(path: string): Record<string, string> {
  try {
    return Remembered.parse(JSON.parse(readFileSync(path, 'utf8')));
  } catch {
    // None yet, or spoilt: then every service counts as outdated until it is started.
    return {};
  }
}
