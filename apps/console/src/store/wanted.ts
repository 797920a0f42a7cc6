import type { DatabaseSync } from 'node:sqlite';
import type { ServiceName } from '@guildhall/protocol';
import { z } from 'zod';
import type { WantedPort } from '../types.ts';

const Row = z.object({ wanted: z.enum(['running', 'stopped']) });

/** What the operator asked of each service; survives a restart of the console. A service never touched is to run. */
export class WantedStore implements WantedPort {
  readonly #database: DatabaseSync;

  constructor(database: DatabaseSync) {
    this.#database = database;
  }

  wantedOf(name: ServiceName): 'running' | 'stopped' {
    const row = this.#database.prepare('SELECT wanted FROM services WHERE name = ?').get(name);
    return row === undefined ? 'running' : Row.parse(row).wanted;
  }

  want(name: ServiceName, wanted: 'running' | 'stopped'): void {
    this.#database
      .prepare(
        'INSERT INTO services (name, wanted) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET wanted = excluded.wanted',
      )
      .run(name, wanted);
  }
}
