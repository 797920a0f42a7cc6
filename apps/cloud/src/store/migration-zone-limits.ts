import type { Kysely } from 'kysely';

/** What one router of a zone may hold. Null: the default of this cloud, also when that changes. */
export async function zoneLimits({ schema }: Kysely<unknown>): Promise<void> {
  // One column at a time: SQLite adds no two in one statement.
  await schema.alterTable('zones').addColumn('participants_per_router', 'integer').execute();
  await schema.alterTable('zones').addColumn('meetings_per_router', 'integer').execute();
}
