import type { DatabaseSync } from 'node:sqlite';
import { z } from 'zod';
import { stored } from './sql.ts';

const Row = z.object({ value: z.string() });

/** Single values by name. */
export class Facts {
  readonly #get;
  readonly #set;

  constructor(database: DatabaseSync) {
    this.#get = database.prepare('SELECT value FROM facts WHERE name = ?');
    this.#set = database.prepare(
      'INSERT INTO facts (name, value) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value',
    );
  }

  get(name: string): string | undefined {
    const row = stored(() => this.#get.get(name));
    return row === undefined ? undefined : Row.parse(row).value;
  }

  set(name: string, value: string): void {
    stored(() => this.#set.run(name, value));
  }
}
