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
    if (row === undefined) return undefined;
    const { password_hash: passwordHash, authority, password_change_required: required } = Row.parse(row);
    return { username, passwordHash, authority, passwordChangeRequired: required !== 0 };
  }

  add({ username, passwordHash, authority, passwordChangeRequired }: StoredUser): void {
    this.#database
      .prepare('INSERT INTO users VALUES (?, ?, ?, ?)')
      .run(username, passwordHash, authority, passwordChangeRequired ? 1 : 0);
  }

  /** A password somebody chose needs no further change. */
  setPassword(username: string, passwordHash: string): void {
    this.#database
      .prepare('UPDATE users SET password_hash = ?, password_change_required = 0 WHERE username = ?')
      .run(passwordHash, username);
  }
}
