import { hash, verify } from '@node-rs/argon2';
import { SerialQueue } from '@guildhall/kit';
import { GuildhallError } from '@guildhall/rpc';

/** OWASP's recommendation for Argon2id: 19 MiB, two passes, one lane. 2 is Argon2id in the library's numbering. */
const settings = { algorithm: 2, memoryCost: 19_456, timeCost: 2, parallelism: 1 } as const;
const minLength = 10;

/** What an attacker of an appliance tries first; letters only, so that `Password1!` is found under `password`. */
const guessedFirst = new Set(
  `password passwort contrasena motdepasse qwerty qwertyuiop azerty asdfghjkl letmein welcome administrator admin
   root changeme secret iloveyou guildhall console appliance connector default test testtest abc abcdef`.split(
    /\s+/u,
  ),
);

/**
 * Checks passwords one at a time: each costs 19 MiB and some 20 ms, and strangers may ask for it.
 */
export class Passwords {
  readonly #queue = new SerialQueue({ name: 'the sign-in', maxLength: 50 });
  #nobodys: Promise<string> | undefined;

  hash(password: string): Promise<string> {
    return this.#queue.run(() => hash(password, settings));
  }

  /** Takes the same time whether or not there is such a user. @throws GuildhallError `overloaded` */
  async check(passwordHash: string | undefined, password: string): Promise<boolean> {
    this.#nobodys ??= this.hash('nobody signs in with this');
    const against = passwordHash ?? (await this.#nobodys);
    const isRight = await this.#queue.run(() => verify(against, password));
    return isRight && passwordHash !== undefined;
  }
}

/** @throws GuildhallError `auth.weak-password` with the rule that is broken */
export function assertStrong(password: string, username: string, field: string): void {
  const broken = brokenRule(password, username);
  if (broken !== undefined) throw new GuildhallError('auth.weak-password', broken, { field });
}

function brokenRule(password: string, username: string): string | undefined {
  if (password.length < minLength) return `The password needs at least ${minLength} characters.`;
  const lower = password.toLowerCase();
  if (new Set(lower).size < 4) return 'The password repeats too few characters. Use a longer phrase.';
  if (lower.includes(username)) return 'The password must not contain the user name.';
  if (guessedFirst.has(lower.replaceAll(/[^a-z]/gu, '')) || /^\d+$/u.test(lower)) {
    return 'This password is among those guessed first. Choose another one.';
  }
  return undefined;
}
