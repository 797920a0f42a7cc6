import type { Kysely } from 'kysely';

/** When topic and settings of a meeting were last changed by its owner: JSON by their names. Null: not since it was made. */
export async function portalChanges({ schema }: Kysely<unknown>): Promise<void> {
  await schema.alterTable('meetings').addColumn('changed_at_ms', 'text').execute();
}
