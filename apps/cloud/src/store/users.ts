import type { AccountId, UserId } from '@guildhall/domain';
import type { UserRole } from '@guildhall/protocol';
import type { Kysely } from 'kysely';
import { lockAccount } from './accounts.ts';
import { UniqueViolation } from './guard.ts';
import type { Tables } from './schema.ts';

export interface StoredUser {
  readonly id: UserId;
  readonly accountId: AccountId;
  readonly email: string;
  readonly name: string;
  readonly role: UserRole;
  readonly createdAtMs: number;
}

export interface NewUser extends StoredUser {
  readonly passwordHash: string;
}

export type UserChange = 'done' | 'not-found' | 'last-owner';

const columns = ['id', 'accountId', 'email', 'name', 'role', 'createdAtMs'] as const;

export class Users {
  readonly #db: Kysely<Tables>;

  constructor(db: Kysely<Tables>) {
    this.#db = db;
  }

  /** False when the e-mail address is taken. */
  async insert(user: NewUser): Promise<boolean> {
    try {
      await this.#db
        .insertInto('users')
        .values({ ...user, email: user.email.toLowerCase() })
        .execute();
      return true;
    } catch (error) {
      if (error instanceof UniqueViolation) return false;
      throw error;
    }
  }

  get(id: UserId): Promise<StoredUser | undefined> {
    return this.#db.selectFrom('users').select(columns).where('id', '=', id).executeTakeFirst();
  }

  /** With the hash: for sign-in only. */
  findForSignIn(email: string): Promise<NewUser | undefined> {
    return this.#db
      .selectFrom('users')
      .select([...columns, 'passwordHash'])
      .where('email', '=', email.toLowerCase())
      .executeTakeFirst();
  }

  async passwordHash(id: UserId): Promise<string | undefined> {
    const row = await this.#db
      .selectFrom('users')
      .select('passwordHash')
      .where('id', '=', id)
      .executeTakeFirst();
    return row?.passwordHash;
  }

  list(accountId: AccountId): Promise<StoredUser[]> {
    return this.#db
      .selectFrom('users')
      .select(columns)
      .where('accountId', '=', accountId)
      .orderBy('createdAtMs')
      .orderBy('id')
      .execute();
  }

  /** Ends every session but the one kept. */
  async setPassword(id: UserId, passwordHash: string, keepSessionHash: string): Promise<void> {
    await this.#db.transaction().execute(async (trx) => {
      await trx.updateTable('users').set({ passwordHash }).where('id', '=', id).execute();
      await trx
        .deleteFrom('sessions')
        .where('userId', '=', id)
        .where('tokenHash', '!=', keepSessionHash)
        .execute();
    });
  }

  async rename(id: UserId, name: string): Promise<void> {
    await this.#db.updateTable('users').set({ name }).where('id', '=', id).execute();
  }

  /** The last owner keeps the role, also when two owners demote each other at once. */
  update(
    accountId: AccountId,
    id: UserId,
    change: { readonly name?: string | undefined; readonly role?: UserRole | undefined },
  ): Promise<UserChange> {
    return this.#db.transaction().execute(async (trx): Promise<UserChange> => {
      await lockAccount(trx, accountId);
      const role = await roleOf(trx, accountId, id);
      if (role === undefined) return 'not-found';
      const losesOwner = role === 'owner' && change.role !== undefined && change.role !== 'owner';
      if (losesOwner && (await isLastOwner(trx, accountId))) return 'last-owner';
      const values = {
        ...(change.name !== undefined && { name: change.name }),
        ...(change.role !== undefined && { role: change.role }),
      };
      if (Object.keys(values).length > 0) {
        await trx.updateTable('users').set(values).where('id', '=', id).execute();
      }
      return 'done';
    });
  }

  /** Sessions and meetings of the user go too; the history of meetings stays. */
  remove(accountId: AccountId, id: UserId): Promise<UserChange> {
    return this.#db.transaction().execute(async (trx): Promise<UserChange> => {
      await lockAccount(trx, accountId);
      const role = await roleOf(trx, accountId, id);
      if (role === undefined) return 'not-found';
      if (role === 'owner' && (await isLastOwner(trx, accountId))) return 'last-owner';
      await trx.deleteFrom('users').where('id', '=', id).execute();
      return 'done';
    });
  }
}

async function roleOf(db: Kysely<Tables>, accountId: AccountId, id: UserId): Promise<UserRole | undefined> {
  const row = await db
    .selectFrom('users')
    .select('role')
    .where('id', '=', id)
    .where('accountId', '=', accountId)
    .executeTakeFirst();
  return row?.role;
}

async function isLastOwner(db: Kysely<Tables>, accountId: AccountId): Promise<boolean> {
  const owners = await db
    .selectFrom('users')
    .select('id')
    .where('accountId', '=', accountId)
    .where('role', '=', 'owner')
    .limit(2)
    .execute();
  return owners.length < 2;
}
