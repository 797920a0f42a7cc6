import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { networkOf, RateLimiter, type Clock, type Logger, type Random } from '@guildhall/kit';
import type { ConsoleMe } from '@guildhall/protocol';
import { GuildhallError } from '@guildhall/rpc';
import type { StoredUser, UsersPort } from '../types.ts';
import { assertStrong, type Passwords } from './passwords.ts';

const firstUser = 'admin';
/** Wrong guesses from one address that cost nothing, then one each ten seconds. Nobody is ever locked out for good. */
const freeGuesses = 10;
const guessesPerSecond = 0.1;

interface AccountsOptions {
  readonly users: UsersPort;
  readonly passwords: Passwords;
  readonly dataDir: string;
  readonly initialPassword: string | undefined;
  readonly initialPasswordFinal: boolean;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
}

/** The people of this console and their passwords. */
export class Accounts {
  readonly #options: AccountsOptions;
  readonly #guesses: RateLimiter;

  constructor(options: AccountsOptions) {
    this.#options = options;
    this.#guesses = new RateLimiter({
      capacity: freeGuesses,
      refillPerSecond: guessesPerSecond,
      clock: options.clock,
    });
  }

  /** On the first start ever: makes the user `admin` and its first password. */
  async ensureFirstUser(): Promise<void> {
    const { users, passwords, initialPassword, initialPasswordFinal, logger } = this.#options;
    if (!users.isEmpty) return;
    const password = initialPassword ?? this.#writeFirstPassword();
    users.add({
      username: firstUser,
      passwordHash: await passwords.hash(password),
      authority: 'operate',
      passwordChangeRequired: !(initialPasswordFinal && initialPassword !== undefined),
    });
    if (initialPassword === undefined) {
      logger.info({ file: this.#firstPasswordFile }, 'the first password of admin is in this file');
    }
  }

  /** @throws GuildhallError `auth.wrong-credentials`, `rate.limited`, `overloaded` */
  async signIn(username: string, password: string, address: string): Promise<ConsoleMe> {
    const { users, passwords, logger } = this.#options;
    const allowed = this.#guesses.take(networkOf(address));
    if (!allowed.ok) {
      const sentence = 'Too many wrong passwords from this address. Wait a moment and try again.';
      throw new GuildhallError('rate.limited', sentence, { retryAfterMs: allowed.retryAfterMs });
    }
    const user = users.find(username);
    if (!(await passwords.check(user?.passwordHash, password)) || !user) {
      logger.sampled(`sign-in ${address}`, 10_000).warn({ address }, 'a sign-in was refused');
      throw new GuildhallError('auth.wrong-credentials', 'The user name or the password is wrong.');
    }
    this.#guesses.reset(networkOf(address));
    logger.info({ username, address }, 'signed in');
    return meOf(user);
  }

  /** @throws GuildhallError `auth.required` when the user is gone */
  me(username: string): ConsoleMe {
    return meOf(this.#user(username));
  }

  /** @throws GuildhallError `auth.wrong-password`, `auth.weak-password`, `rate.limited`, `overloaded` */
  async changePassword(
    username: string,
    change: { currentPassword: string; newPassword: string },
    address: string,
  ): Promise<void> {
    const { users, passwords, logger } = this.#options;
    const allowed = this.#guesses.take(networkOf(address));
    if (!allowed.ok) {
      const sentence = 'Too many wrong passwords from this address. Wait a moment and try again.';
      throw new GuildhallError('rate.limited', sentence, { retryAfterMs: allowed.retryAfterMs });
    }
    const user = this.#user(username);
    if (!(await passwords.check(user.passwordHash, change.currentPassword))) {
      throw new GuildhallError('auth.wrong-password', 'The current password is wrong.', {
        field: 'currentPassword',
      });
    }
    this.#guesses.reset(networkOf(address));
    assertStrong(change.newPassword, username, 'newPassword');
    if (change.newPassword === change.currentPassword) {
      const sentence = 'The new password is the same as the current one. Choose another one.';
      throw new GuildhallError('auth.weak-password', sentence, { field: 'newPassword' });
    }
    users.setPassword(username, await passwords.hash(change.newPassword), false);
    rmSync(this.#firstPasswordFile, { force: true });
    logger.info({ username }, 'password changed');
  }

  get #firstPasswordFile(): string {
    return join(this.#options.dataDir, 'initial-password');
  }

  #writeFirstPassword(): string {
    const { random, dataDir } = this.#options;
    const password = Buffer.from(random.bytes(12)).toString('base64url');
    mkdirSync(dataDir, { recursive: true, mode: 0o700 });
    writeFileSync(this.#firstPasswordFile, `${password}\n`, { mode: 0o600 });
    return password;
  }

  #user(username: string): StoredUser {
    const user = this.#options.users.find(username);
    if (user) return user;
    throw new GuildhallError('auth.required', 'You are not signed in, or your session has ended.');
  }
}

function meOf({ username, authority, passwordChangeRequired }: StoredUser): ConsoleMe {
  // Names come from our own store, where only checked ones were put.
  return { username, authority, passwordChangeRequired };
}
