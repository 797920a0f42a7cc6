import { sql, type Kysely } from 'kysely';

/** Which zone holds a run: so that the runs of a zone that vanished can be told from the others. */
export async function runZones(db: Kysely<unknown>): Promise<void> {
  const { schema } = db;
  await schema.alterTable('meeting_runs').addColumn('zone_id', 'text').execute();
  await sql`
    update meeting_runs
    set zone_id = (select zone_id from meeting_zones where meeting_zones.meeting_id = meeting_runs.meeting_id)
    where ended_at_ms is null
  `.execute(db);
  // Runs that go on are few among all that ever were.
  await schema
    .createIndex('meeting_runs_open')
    .on('meeting_runs')
    .columns(['ended_at_ms', 'zone_id'])
    .execute();
}
