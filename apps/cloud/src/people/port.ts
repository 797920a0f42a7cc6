export type { SessionService } from './sessions.ts';

/** Making and judging passwords. */
export interface Passwords {
  /** A PHC string. */
  hash(password: string): Promise<string>;
  /** @throws GuildhallError auth.weak-password, with the rule that is broken */
  assertStrong(password: string, email: string, field: string): void;
}
