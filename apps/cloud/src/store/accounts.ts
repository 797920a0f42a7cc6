import type { AccountId } from '@guildhall/domain';
import type { Kysely, Selectable } from 'kysely';
import type { AccountTable, Mode, Tables } from './schema.ts';

/** An account as everybody may hold it: without the authority's key. */
export interface Account {
  readonly id: AccountId;
  readonly name: string;
  readonly connectorEnabled: boolean;
  readonly connectorMode: Mode;
  readonly hasConnectorToken: boolean;
}

export interface Authority {
  readonly certPem: string;
  readonly keyPem: string;
}

export interface NewAccount {
  readonly id: AccountId;
  readonly name: string;
  readonly authority: Authority;
  readonly createdAtMs: number;
}

const toAccount = (row: Selectable<AccountTable>): Account => ({
  id: row.id,
  name: row.name,
  connectorEnabled: row.connectorEnabled === 1,
  connectorMode: row.connectorMode,
  hasConnectorToken: row.connectorTokenHash !== null,
});

export class Accounts {
  readonly #db: Kysely<Tables>;

  constructor(db: Kysely<Tables>) {
    this.#db = db;
  }

  async count(): Promise<number> {
    const row = await this.#db
      .selectFrom('accounts')
      .select((e) => e.fn.countAll<number | string>().as('n'))
      .executeTakeFirstOrThrow();
    return Number(row.n);
  }

  async insert(account: NewAccount): Promise<void> {
    const { id, name, authority, createdAtMs } = account;
    await this.#db
      .insertInto('accounts')
      .values({
        id,
        name,
        authorityCertPem: authority.certPem,
        authorityKeyPem: authority.keyPem,
        connectorEnabled: 0,
        connectorMode: 'test',
        connectorTokenHash: null,
        lockSeq: 0,
        createdAtMs,
      })
      .execute();
  }

  async get(id: AccountId): Promise<Account | undefined> {
    const row = await this.#db.selectFrom('accounts').selectAll().where('id', '=', id).executeTakeFirst();
    return row && toAccount(row);
  }

  /** @param tokenHash SHA-256, hex */
  async findByConnectorToken(tokenHash: string): Promise<Account | undefined> {
    const row = await this.#db
      .selectFrom('accounts')
      .selectAll()
      .where('connectorTokenHash', '=', tokenHash)
      .executeTakeFirst();
    return row && toAccount(row);
  }

  /** The certificate authority with its private key; only enrolment asks for it. */
  async authority(id: AccountId): Promise<Authority | undefined> {
    const row = await this.#db
      .selectFrom('accounts')
      .select(['authorityCertPem', 'authorityKeyPem'])
      .where('id', '=', id)
      .executeTakeFirst();
    return row && { certPem: row.authorityCertPem, keyPem: row.authorityKeyPem };
  }

  async enableConnector(id: AccountId): Promise<void> {
    await this.#db.updateTable('accounts').set({ connectorEnabled: 1 }).where('id', '=', id).execute();
  }

  async setConnectorToken(id: AccountId, tokenHash: string): Promise<void> {
    await this.#db
      .updateTable('accounts')
      .set({ connectorTokenHash: tokenHash })
      .where('id', '=', id)
      .execute();
  }

  async setConnectorMode(id: AccountId, mode: Mode): Promise<void> {
    await this.#db.updateTable('accounts').set({ connectorMode: mode }).where('id', '=', id).execute();
  }
}

/** Makes the transaction alone with this account until its end, on both engines. */
export async function lockAccount(trx: Kysely<Tables>, id: AccountId): Promise<void> {
  await trx
    .updateTable('accounts')
    .set((e) => ({ lockSeq: e('lockSeq', '+', 1) }))
    .where('id', '=', id)
    .execute();
}
