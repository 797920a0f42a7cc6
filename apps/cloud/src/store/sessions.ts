import type { AccountId, UserId } from '@guildhall/domain';
import type { Kysely } from 'kysely';
import type { SessionTable, Tables } from './schema.ts';
import type { StoredUser } from './users.ts';

export interface OpenSession {
  readonly tokenHash: string;
  readonly seenAtMs: number;
  readonly expiresAtMs: number;
  readonly user: StoredUser;
}

export class Sessions {
  readonly #db: Kysely<Tables>;

  constructor(db: Kysely<Tables>) {
    this.#db = db;
  }

  async insert(session: SessionTable): Promise<void> {
    await this.#db.insertInto('sessions').values(session).execute();
  }

  /** Undefined when unknown or expired at `nowMs`. */
  async find(tokenHash: string, nowMs: number): Promise<OpenSession | undefined> {
    const row = await this.#db
      .selectFrom('sessions')
      .innerJoin('users', 'users.id', 'sessions.userId')
      .select([
        'sessions.tokenHash',
        'sessions.seenAtMs',
        'sessions.expiresAtMs',
        'users.id',
        'users.accountId',
        'users.email',
        'users.name',
        'users.role',
        'users.createdAtMs',
      ])
      .where('sessions.tokenHash', '=', tokenHash)
      .where('sessions.expiresAtMs', '>', nowMs)
      .executeTakeFirst();
    if (!row) return undefined;
    const { seenAtMs, expiresAtMs, ...user } = row;
    return { tokenHash, seenAtMs, expiresAtMs, user: toUser(user) };
  }

  async touch(tokenHash: string, seenAtMs: number, expiresAtMs: number): Promise<void> {
    await this.#db
      .updateTable('sessions')
      .set({ seenAtMs, expiresAtMs })
      .where('tokenHash', '=', tokenHash)
      .execute();
  }

  async remove(tokenHash: string): Promise<void> {
    await this.#db.deleteFrom('sessions').where('tokenHash', '=', tokenHash).execute();
  }

  async removeOfUser(userId: UserId): Promise<void> {
    await this.#db.deleteFrom('sessions').where('userId', '=', userId).execute();
  }

  async removeExpired(nowMs: number): Promise<void> {
    await this.#db.deleteFrom('sessions').where('expiresAtMs', '<=', nowMs).execute();
  }
}

function toUser(row: StoredUser & { readonly tokenHash: string; readonly accountId: AccountId }): StoredUser {
  const { id, accountId, email, name, role, createdAtMs } = row;
  return { id, accountId, email, name, role, createdAtMs };
}
