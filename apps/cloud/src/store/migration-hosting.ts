import { sql, type Kysely } from 'kysely';

/** Where meetings are hosted, and who tries the connector out. */
export async function hosting(db: Kysely<unknown>): Promise<void> {
  const { schema } = db;
  await schema
    .createTable('connector_settings')
    .addColumn('account_id', 'text', (c) => c.primaryKey().references('accounts.id'))
    .addColumn('hosting_place', 'text', (c) => c.notNull())
    .addColumn('hosting_locked', 'integer', (c) => c.notNull())
    .addColumn('default_zone_id', 'text', (c) => c.references('zones.id'))
    .addColumn('minimum_version', 'text')
    .addColumn('minimum_from_ms', 'bigint')
    .addColumn('enabled_at_ms', 'bigint')
    .execute();
  await schema
    .createTable('user_groups')
    .addColumn('id', 'text', (c) => c.primaryKey())
    .addColumn('account_id', 'text', (c) => c.notNull().references('accounts.id'))
    .addColumn('name', 'text', (c) => c.notNull())
    .addColumn('name_key', 'text', (c) => c.notNull())
    .addColumn('place', 'text')
    .addColumn('locked', 'integer', (c) => c.notNull())
    .addColumn('created_at_ms', 'bigint', (c) => c.notNull())
    .addUniqueConstraint('user_groups_name', ['account_id', 'name_key'])
    .execute();
  await schema
    .createTable('user_hosting')
    .addColumn('user_id', 'text', (c) => c.primaryKey().references('users.id').onDelete('cascade'))
    .addColumn('group_id', 'text', (c) => c.references('user_groups.id').onDelete('set null'))
    .addColumn('place', 'text')
    .execute();
  await schema.createIndex('user_hosting_group').on('user_hosting').column('group_id').execute();
  await schema
    .createTable('test_hosts')
    .addColumn('user_id', 'text', (c) => c.primaryKey().references('users.id').onDelete('cascade'))
    .addColumn('account_id', 'text', (c) => c.notNull().references('accounts.id'))
    .execute();
  await schema.createIndex('test_hosts_account').on('test_hosts').column('account_id').execute();
  // Until now the meetings of owners and administrators were the ones that test mode let pass.
  await sql`insert into test_hosts (user_id, account_id)
    select users.id, users.account_id from users join accounts on accounts.id = users.account_id
    where accounts.connector_enabled = 1 and users.role in ('owner', 'admin')`.execute(db);
  await zones(db);
}

async function zones({ schema }: Kysely<unknown>): Promise<void> {
  await schema
    .alterTable('zones')
    .addColumn('hosts_limited', 'integer', (c) => c.notNull().defaultTo(0))
    .execute();
  await schema
    .createTable('zone_users')
    .addColumn('zone_id', 'text', (c) => c.notNull().references('zones.id').onDelete('cascade'))
    .addColumn('user_id', 'text', (c) => c.notNull().references('users.id').onDelete('cascade'))
    .addPrimaryKeyConstraint('zone_users_pk', ['zone_id', 'user_id'])
    .execute();
  await schema
    .createTable('zone_groups')
    .addColumn('zone_id', 'text', (c) => c.notNull().references('zones.id').onDelete('cascade'))
    .addColumn('group_id', 'text', (c) => c.notNull().references('user_groups.id').onDelete('cascade'))
    .addPrimaryKeyConstraint('zone_groups_pk', ['zone_id', 'group_id'])
    .execute();
  await schema
    .createTable('zone_subnets')
    .addColumn('account_id', 'text', (c) => c.notNull().references('accounts.id'))
    .addColumn('subnet', 'text', (c) => c.notNull())
    .addColumn('zone_id', 'text', (c) => c.notNull().references('zones.id').onDelete('cascade'))
    .addPrimaryKeyConstraint('zone_subnets_pk', ['account_id', 'subnet'])
    .execute();
  await schema
    .createTable('meeting_zones')
    .addColumn('meeting_id', 'text', (c) => c.primaryKey().references('meetings.id').onDelete('cascade'))
    .addColumn('zone_id', 'text', (c) => c.notNull().references('zones.id').onDelete('cascade'))
    .addColumn('chosen_at_ms', 'bigint', (c) => c.notNull())
    .execute();
}
