import type { Kysely } from 'kysely';

/** Which controller of a pair whose halves do not hear each other opens a meeting. */
export async function pair({ schema }: Kysely<unknown>): Promise<void> {
  await schema
    .createTable('meeting_claims')
    .addColumn('meeting_id', 'text', (c) => c.primaryKey())
    .addColumn('node_id', 'text', (c) => c.notNull())
    .addColumn('place', 'text', (c) => c.notNull())
    .addColumn('until_ms', 'bigint', (c) => c.notNull())
    .execute();
}
