import { sql, type Kysely } from 'kysely';
import { Migrator, type Migration } from 'kysely/migration';
import { hosting } from './migration-hosting.ts';
import { alerts } from './migration-alerts.ts';
import { pair } from './migration-pair.ts';
import { monitoring } from './migration-monitoring.ts';
import { passes } from './migration-passes.ts';
import { portalChanges } from './migration-portal-changes.ts';
import { runZones } from './migration-run-zones.ts';
import { zoneLimits } from './migration-zone-limits.ts';

/** A migration knows the schema of its own day only, hence no table types. */
type AnyDb = Kysely<unknown>;

async function foundation(db: AnyDb): Promise<void> {
  const { schema } = db;
  await schema
    .createTable('installation')
    .addColumn('id', 'text', (c) => c.primaryKey())
    .addColumn('lock_seq', 'bigint', (c) => c.notNull())
    .execute();
  await sql`insert into installation (id, lock_seq) values ('installation', 0)`.execute(db);
  await schema
    .createTable('accounts')
    .addColumn('id', 'text', (c) => c.primaryKey())
    .addColumn('name', 'text', (c) => c.notNull())
    .addColumn('authority_cert_pem', 'text', (c) => c.notNull())
    .addColumn('authority_key_pem', 'text', (c) => c.notNull())
    .addColumn('connector_enabled', 'integer', (c) => c.notNull())
    .addColumn('connector_mode', 'text', (c) => c.notNull())
    .addColumn('connector_token_hash', 'text', (c) => c.unique())
    .addColumn('lock_seq', 'bigint', (c) => c.notNull().defaultTo(0))
    .addColumn('created_at_ms', 'bigint', (c) => c.notNull())
    .execute();
  await schema
    .createTable('users')
    .addColumn('id', 'text', (c) => c.primaryKey())
    .addColumn('account_id', 'text', (c) => c.notNull().references('accounts.id'))
    .addColumn('email', 'text', (c) => c.notNull().unique())
    .addColumn('name', 'text', (c) => c.notNull())
    .addColumn('role', 'text', (c) => c.notNull())
    .addColumn('password_hash', 'text', (c) => c.notNull())
    .addColumn('created_at_ms', 'bigint', (c) => c.notNull())
    .execute();
  await schema.createIndex('users_account').on('users').columns(['account_id', 'created_at_ms']).execute();
  await schema
    .createTable('sessions')
    .addColumn('token_hash', 'text', (c) => c.primaryKey())
    .addColumn('user_id', 'text', (c) => c.notNull().references('users.id').onDelete('cascade'))
    .addColumn('created_at_ms', 'bigint', (c) => c.notNull())
    .addColumn('seen_at_ms', 'bigint', (c) => c.notNull())
    .addColumn('expires_at_ms', 'bigint', (c) => c.notNull())
    .execute();
  await schema.createIndex('sessions_user').on('sessions').column('user_id').execute();
  await schema.createIndex('sessions_expiry').on('sessions').column('expires_at_ms').execute();
  await meetings(db);
  await connector(db);
  await history(db);
}

async function meetings({ schema }: AnyDb): Promise<void> {
  await schema
    .createTable('meetings')
    .addColumn('id', 'text', (c) => c.primaryKey())
    .addColumn('account_id', 'text', (c) => c.notNull().references('accounts.id'))
    .addColumn('host_user_id', 'text', (c) => c.notNull().references('users.id').onDelete('cascade'))
    .addColumn('number', 'text', (c) => c.notNull().unique())
    .addColumn('topic', 'text', (c) => c.notNull())
    .addColumn('kind', 'text', (c) => c.notNull())
    .addColumn('starts_at_ms', 'bigint')
    .addColumn('duration_minutes', 'integer')
    .addColumn('time_zone', 'text')
    .addColumn('passcode', 'text')
    .addColumn('settings', 'text', (c) => c.notNull())
    .addColumn('is_running', 'integer', (c) => c.notNull())
    .addColumn('started_at_ms', 'bigint')
    .addColumn('ended_at_ms', 'bigint')
    .addColumn('end_reason', 'text')
    .addColumn('sort_at_ms', 'bigint', (c) => c.notNull())
    .addColumn('expected_end_ms', 'bigint', (c) => c.notNull())
    .addColumn('created_at_ms', 'bigint', (c) => c.notNull())
    .execute();
  await schema
    .createIndex('meetings_host')
    .on('meetings')
    .columns(['host_user_id', 'sort_at_ms', 'id'])
    .execute();
}

async function connector({ schema }: AnyDb): Promise<void> {
  await schema
    .createTable('zones')
    .addColumn('id', 'text', (c) => c.primaryKey())
    .addColumn('account_id', 'text', (c) => c.notNull().references('accounts.id'))
    .addColumn('name', 'text', (c) => c.notNull())
    .addColumn('policy_rev', 'bigint', (c) => c.notNull())
    .addColumn('policy_facts', 'text', (c) => c.notNull())
    .addColumn('created_at_ms', 'bigint', (c) => c.notNull())
    .execute();
  await schema.createIndex('zones_account').on('zones').column('account_id').execute();
  await schema
    .createTable('nodes')
    .addColumn('id', 'text', (c) => c.primaryKey())
    .addColumn('account_id', 'text', (c) => c.notNull().references('accounts.id'))
    .addColumn('zone_id', 'text', (c) => c.notNull().references('zones.id'))
    .addColumn('name', 'text', (c) => c.notNull())
    .addColumn('role', 'text', (c) => c.notNull())
    .addColumn('version', 'text', (c) => c.notNull())
    .addColumn('public_key', 'text', (c) => c.notNull())
    .addColumn('key_x', 'text', (c) => c.notNull().unique())
    .addColumn('urls', 'text', (c) => c.notNull())
    .addColumn('last_seen_ms', 'bigint')
    .addColumn('enrolled_at_ms', 'bigint', (c) => c.notNull())
    .execute();
  await schema.createIndex('nodes_zone').on('nodes').column('zone_id').execute();
  await schema
    .createTable('signing_keys')
    .addColumn('id', 'text', (c) => c.primaryKey())
    .addColumn('public_jwk', 'text', (c) => c.notNull())
    .addColumn('private_jwk', 'text', (c) => c.notNull())
    .addColumn('created_at_ms', 'bigint', (c) => c.notNull())
    .addColumn('retired_at_ms', 'bigint')
    .execute();
}

async function history({ schema }: AnyDb): Promise<void> {
  await schema
    .createTable('outbox_positions')
    .addColumn('node_id', 'text', (c) => c.notNull().references('nodes.id').onDelete('cascade'))
    .addColumn('epoch', 'text', (c) => c.notNull())
    .addColumn('last_seq', 'bigint', (c) => c.notNull())
    .addPrimaryKeyConstraint('outbox_positions_pk', ['node_id', 'epoch'])
    .execute();
  // No reference to the meeting: what happened stays when the meeting is deleted.
  await schema
    .createTable('meeting_runs')
    .addColumn('id', 'text', (c) => c.primaryKey())
    .addColumn('meeting_id', 'text', (c) => c.notNull())
    .addColumn('account_id', 'text', (c) => c.notNull().references('accounts.id'))
    .addColumn('started_at_ms', 'bigint', (c) => c.notNull())
    .addColumn('ended_at_ms', 'bigint')
    .addColumn('end_reason', 'text')
    .execute();
  await schema
    .createIndex('meeting_runs_meeting')
    .on('meeting_runs')
    .columns(['meeting_id', 'started_at_ms'])
    .execute();
  await schema
    .createTable('run_participants')
    .addColumn('run_id', 'text', (c) => c.notNull().references('meeting_runs.id').onDelete('cascade'))
    .addColumn('participant_id', 'text', (c) => c.notNull())
    .addColumn('name', 'text', (c) => c.notNull())
    .addColumn('role', 'text', (c) => c.notNull())
    .addColumn('joined_at_ms', 'bigint', (c) => c.notNull())
    .addColumn('left_at_ms', 'bigint')
    .addColumn('leave_reason', 'text')
    .addPrimaryKeyConstraint('run_participants_pk', ['run_id', 'participant_id'])
    .execute();
  await schema
    .createTable('audit')
    .addColumn('id', 'text', (c) => c.primaryKey())
    .addColumn('account_id', 'text')
    .addColumn('at_ms', 'bigint', (c) => c.notNull())
    .addColumn('actor', 'text', (c) => c.notNull())
    .addColumn('action', 'text', (c) => c.notNull())
    .addColumn('subject', 'text', (c) => c.notNull())
    .execute();
  await schema.createIndex('audit_account').on('audit').columns(['account_id', 'at_ms']).execute();
}

/** A list and not a folder: bundlers see it, and nothing is loaded by a name found on disk. */
const migrations: Readonly<Record<string, Migration>> = {
  '0001_foundation': { up: foundation },
  '0002_hosting': { up: hosting },
  '0003_monitoring': { up: monitoring },
  '0003_monitoring_alerts': { up: alerts },
  '0004_passes': { up: passes },
  '0005_pair': { up: pair },
  '0006_run_zones': { up: runZones },
  '0007_zone_limits': { up: zoneLimits },
  '0008_portal_changes': { up: portalChanges },
};

/**
 * Brings the database to this program's schema. Safe when several processes start at once.
 * @throws Error when a step fails, or when the database was written by a newer version of the program
 */
export async function migrate<T>(db: Kysely<T>): Promise<void> {
  const migrator = new Migrator({
    db,
    provider: { getMigrations: () => Promise.resolve({ ...migrations }) },
  });
  const { error } = await migrator.migrateToLatest();
  if (error === undefined) return;
  if (error instanceof Error && error.message.startsWith('corrupted migrations')) {
    const sentence =
      'The database was written by a newer version of Guildhall. Start that version, or restore a backup.';
    throw new Error(sentence, { cause: error });
  }
  throw error instanceof Error ? error : new Error('the migration failed', { cause: error });
}
