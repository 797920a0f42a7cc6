import { SerialQueue, type Logger } from '@guildhall/kit';
import type { AddConsoleUserRequest, ConsoleUser } from '@guildhall/protocol';
import { GuildhallError } from '@guildhall/rpc';
import type { z } from 'zod';
import type { StoredUser, UsersPort } from '../types.ts';
import { assertStrong, type Passwords } from './passwords.ts';
import type { Sessions } from './sessions.ts';

const maxUsers = 100;

interface UserManagerOptions {
  readonly users: UsersPort;
  readonly passwords: Passwords;
  readonly sessions: Sessions;
  readonly logger: Logger;
}

/** What those who may operate the console do with its other users. `by` is who does it, for the log. */
export class UserManager {
  readonly #options: UserManagerOptions;
  /** Two administrators who demote each other at the same time must not both succeed. */
  readonly #queue = new SerialQueue({ name: 'the users', maxLength: 20 });

  constructor(options: UserManagerOptions) {
    this.#options = options;
  }

  list(): ConsoleUser[] {
    return this.#options.users.list().map(shown);
  }

  /** @throws GuildhallError `user.name-taken`, `user.too-many`, `auth.weak-password` */
  add(request: z.output<typeof AddConsoleUserRequest>, by: string): Promise<ConsoleUser> {
    return this.#queue.run(async () => {
      const { users, passwords, logger } = this.#options;
      const { username, password, authority } = request;
      if (users.find(username)) {
        throw new GuildhallError(
          'user.name-taken',
          `There is a user ${username} already. Choose another name.`,
          {
            field: 'username',
          },
        );
      }
      if (users.list().length >= maxUsers) {
        throw new GuildhallError(
          'user.too-many',
          `A console has at most ${maxUsers} users. Delete one first.`,
        );
      }
      assertStrong(password, username, 'password');
      const user = {
        username,
        authority,
        passwordHash: await passwords.hash(password),
        passwordChangeRequired: true,
      };
      users.add(user);
      logger.info({ username, authority, by }, 'a user of the console was added');
      return shown(user);
    });
  }

  /** @throws GuildhallError `not-found`, `user.last-operator` */
  setAuthority(username: string, authority: StoredUser['authority'], by: string): Promise<ConsoleUser> {
    return this.#queue.run(() => {
      const { users, logger } = this.#options;
      const user = this.#find(username);
      if (authority === 'view') this.#assertAnotherOperator(user);
      users.setAuthority(username, authority);
      logger.info({ username, authority, by }, 'the authority of a console user was changed');
      return shown({ ...user, authority });
    });
  }

  /** Gives a user another password, which the next sign-in has to change. @throws GuildhallError `not-found`, `auth.weak-password` */
  resetPassword(username: string, newPassword: string, by: string): Promise<void> {
    return this.#queue.run(async () => {
      const { users, passwords, sessions, logger } = this.#options;
      this.#find(username);
      assertStrong(newPassword, username, 'newPassword');
      users.setPassword(username, await passwords.hash(newPassword), true);
      sessions.endAll(username);
      logger.info({ username, by }, 'the password of a console user was reset');
    });
  }

  /** @throws GuildhallError `not-found`, `user.last-operator` */
  remove(username: string, by: string): Promise<void> {
    return this.#queue.run(() => {
      const { users, sessions, logger } = this.#options;
      this.#assertAnotherOperator(this.#find(username));
      users.remove(username);
      sessions.endAll(username);
      logger.info({ username, by }, 'a user of the console was deleted');
    });
  }

  #find(username: string): StoredUser {
    const user = this.#options.users.find(username);
    if (user) return user;
    throw new GuildhallError('not-found', `There is no user ${username.slice(0, 32)} on this console.`);
  }

  #assertAnotherOperator({ username, authority }: StoredUser): void {
    if (authority !== 'operate') return;
    const others = this.#options.users
      .list()
      .filter((user) => user.username !== username && user.authority === 'operate');
    if (others.length > 0) return;
    const sentence = `${username} is the last user who may operate this console. Give this authority to somebody else first.`;
    throw new GuildhallError('user.last-operator', sentence);
  }
}

const shown = ({ username, authority, passwordChangeRequired }: StoredUser): ConsoleUser => ({
  username,
  authority,
  passwordChangeRequired,
});
