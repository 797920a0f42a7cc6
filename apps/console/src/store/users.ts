import type { DatabaseSync } from 'node:sqlite';
import { ConsoleAuthority } from '@guildhall/protocol';
import { z } from 'zod';
import type { StoredUser, UsersPort } from '../types.ts';

const Row = z.object({
  username: z.string(),
  password_hash: z.string(),
  authority: ConsoleAuthority,
  password_change_required: z.int(),
});

/** Who may sign in to this console. */
export class UserStore implements UsersPort {
  readonly #database: DatabaseSync;

  constructor(database: DatabaseSync) {
    this.#database = database;
  }

  get isEmpty(): boolean {
    return this.#database.prepare('SELECT 1 FROM users LIMIT 1').get() === undefined;
  }

  find(username: string): StoredUser | undefined {
    const row = this.#database.prepare('SELECT * FROM users WHERE username = ?').get(username);
    return row === undefined ? undefined : userOf(row);
  }

  list(): StoredUser[] {
    return this.#database.prepare('SELECT * FROM users ORDER BY username').all().map(userOf);
  }

  add({ username, passwordHash, authority, passwordChangeRequired }: StoredUser): void {
    this.#database
      .prepare('INSERT INTO users VALUES (?, ?, ?, ?)')
      .run(username, passwordHash, authority, passwordChangeRequired ? 1 : 0);
  }

  remove(username: string): void {
    this.#database.prepare('DELETE FROM users WHERE username = ?').run(username);
  }

  setAuthority(username: string, authority: StoredUser['authority']): void {
    this.#database.prepare('UPDATE users SET authority = ? WHERE username = ?').run(authority, username);
  }

  setPassword(username: string, passwordHash: string, changeRequired: boolean): void {
    this.#database
      .prepare('UPDATE users SET password_hash = ?, password_change_required = ? WHERE username = ?')
      .run(passwordHash, changeRequired ? 1 : 0, username);
  }
}

function userOf(row: unknown): StoredUser {
  const {
    username,
    password_hash: passwordHash,
    authority,
    password_change_required: required,
  } = Row.parse(row);
  return { username, passwordHash, authority, passwordChangeRequired: required !== 0 };
}
