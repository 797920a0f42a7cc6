import type { DatabaseSync } from 'node:sqlite';
import { EpochMs, ServiceState, ServiceStatus, type ServiceName } from '@guildhall/protocol';
import { z } from 'zod';
import type { DrainMemoryPort, ServiceMemory, ServiceMemoryPort } from '../types.ts';

const Row = z.object({ facts: z.string() });
const Facts: z.ZodType<ServiceMemory> = z.object({
  process: z
    .object({ pid: z.int().positive(), birth: z.string(), version: z.string().nullable() })
    .nullable(),
  state: ServiceState,
  sinceMs: EpochMs,
  restarts: z.int().min(0),
  lastExit: ServiceStatus.shape.lastExit,
});
const Drain = z.object({ pid: z.int().positive(), sinceMs: EpochMs, untilMs: EpochMs });
type DrainMemory = z.output<typeof Drain>;

/** What a console has to know of the one before it. What cannot be read is not known: the run files are there too. */
export class ServiceMemoryStore implements ServiceMemoryPort, DrainMemoryPort {
  readonly #database: DatabaseSync;

  constructor(database: DatabaseSync) {
    this.#database = database;
  }

  recall(name: ServiceName): ServiceMemory | undefined {
    return this.#read(name, Facts);
  }

  keep(name: ServiceName, memory: ServiceMemory): void {
    this.#write(name, memory);
  }

  recallDrain(): DrainMemory | undefined {
    return this.#read('drain', Drain);
  }

  keepDrain(drain: DrainMemory | undefined): void {
    if (drain) this.#write('drain', drain);
    else this.#database.prepare('DELETE FROM service_memory WHERE name = ?').run('drain');
  }

  #read<T>(name: string, schema: z.ZodType<T>): T | undefined {
    const row = this.#database.prepare('SELECT facts FROM service_memory WHERE name = ?').get(name);
    if (row === undefined) return undefined;
    try {
      return schema.safeParse(JSON.parse(Row.parse(row).facts)).data;
    } catch {
      return undefined;
    }
  }

  #write(name: string, facts: object): void {
    this.#database
      .prepare(
        'INSERT INTO service_memory (name, facts) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET facts = excluded.facts',
      )
      .run(name, JSON.stringify(facts));
  }
}
