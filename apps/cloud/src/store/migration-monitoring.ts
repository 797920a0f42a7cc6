import type { Kysely } from 'kysely';

const metrics = [
  'meetings',
  'participants',
  'bitrate_in_bps',
  'bitrate_out_bps',
  'cpu',
  'loss',
  'rtt_ms',
  'jitter_ms',
  'mos',
];

/** What is measured over time, and what happened. */
export async function monitoring({ schema }: Kysely<unknown>): Promise<void> {
  let samples = schema
    .createTable('samples')
    .addColumn('account_id', 'text', (c) => c.notNull())
    .addColumn('scope_id', 'text', (c) => c.notNull())
    .addColumn('step_ms', 'integer', (c) => c.notNull())
    .addColumn('at_ms', 'bigint', (c) => c.notNull());
  for (const metric of metrics) samples = samples.addColumn(metric, 'double precision');
  await samples
    .addPrimaryKeyConstraint('samples_pk', ['account_id', 'scope_id', 'step_ms', 'at_ms'])
    .execute();
  await schema.createIndex('samples_age').on('samples').columns(['step_ms', 'at_ms']).execute();
  await schema
    .createTable('events')
    .addColumn('id', 'text', (c) => c.primaryKey())
    .addColumn('account_id', 'text', (c) => c.notNull().references('accounts.id'))
    .addColumn('at_ms', 'bigint', (c) => c.notNull())
    .addColumn('kind', 'text', (c) => c.notNull())
    .addColumn('severity', 'text', (c) => c.notNull())
    .addColumn('subject', 'text', (c) => c.notNull())
    .addColumn('label', 'text', (c) => c.notNull())
    .addColumn('detail', 'text', (c) => c.notNull())
    .execute();
  await schema.createIndex('events_account').on('events').columns(['account_id', 'at_ms', 'id']).execute();
  await schema.createIndex('events_age').on('events').column('at_ms').execute();
}
