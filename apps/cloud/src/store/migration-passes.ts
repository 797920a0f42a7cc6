import type { Kysely } from 'kysely';

/** Which rights to join without the portal were withdrawn. */
export async function passes({ schema }: Kysely<unknown>): Promise<void> {
  await schema
    .createTable('pass_revocations')
    .addColumn('id', 'text', (c) => c.primaryKey())
    .addColumn('account_id', 'text', (c) => c.notNull().references('accounts.id'))
    .addColumn('before_ms', 'bigint', (c) => c.notNull())
    .execute();
  await schema
    .createIndex('pass_revocations_account')
    .on('pass_revocations')
    .columns(['account_id', 'before_ms'])
    .execute();
}
