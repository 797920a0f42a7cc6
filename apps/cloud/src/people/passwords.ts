import { hash, verify } from '@node-rs/argon2';
import { refuse } from '../refuse.ts';
import { commonPasswords } from './common-passwords.ts';

/** OWASP's recommendation for Argon2id: 19 MiB, two passes, one lane. */
const ARGON2ID = 2;
const settings = { algorithm: ARGON2ID, memoryCost: 19_456, timeCost: 2, parallelism: 1 } as const;
const MIN_LENGTH = 10;

/** A PHC string. The whole password counts: Argon2 cuts nothing off. */
export const hashPassword = (password: string): Promise<string> => hash(password, settings);

let nobodysHash: Promise<string> | undefined;

/**
 * Takes the same time whether or not there is a hash to compare with, so that nobody learns by the clock which
 * addresses have an account.
 */
export async function checkPassword(passwordHash: string | undefined, password: string): Promise<boolean> {
  nobodysHash ??= hashPassword('nobody signs in with this');
  const isRight = await verify(passwordHash ?? (await nobodysHash), password);
  return isRight && passwordHash !== undefined;
}

/** @throws GuildhallError auth.weak-password, with the rule that is broken */
export function assertStrongPassword(password: string, email: string, field: string): void {
  const broken = brokenRule(password, email);
  if (broken !== undefined) throw refuse('auth.weak-password', { sentence: broken, field });
}

function brokenRule(password: string, email: string): string | undefined {
  // By UTF-16 units: stricter rules of counting would only help passwords made of emoji.
  if (password.length < MIN_LENGTH) return `The password needs at least ${MIN_LENGTH} characters.`;
  const lower = password.toLowerCase();
  if (new Set(lower).size < 4) return 'The password repeats too few characters. Use a longer phrase.';
  if (commonPasswords.has(lower.replaceAll(/[^a-z]/gu, '')) || commonPasswords.has(lower)) {
    return 'This password is among the most used ones and is guessed first. Choose another one.';
  }
  const local = (email.split('@', 1)[0] ?? '').toLowerCase();
  if (local.length >= 3 && lower.includes(local)) {
    return 'The password must not contain the name in the e-mail address.';
  }
  return undefined;
}
