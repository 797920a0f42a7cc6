import { createHash } from 'node:crypto';
import type { Clock, Random } from '@guildhall/kit';

const idleLogOutMs = 15 * 60_000;
const longestMs = 12 * 3_600_000;
const maxSessions = 500;

interface Session {
  readonly username: string;
  readonly startedMs: number;
  lastSeenMs: number;
}

/**
 * Who is signed in. In memory: a restart of the console signs everybody out, which an appliance can afford. Keyed by a
 * digest, so that a dump of the memory's keys opens no door.
 */
export class Sessions {
  readonly #clock: Clock;
  readonly #random: Random;
  /** The oldest sign-in first. */
  readonly #sessions = new Map<string, Session>();

  constructor({ clock, random }: { clock: Clock; random: Random }) {
    this.#clock = clock;
    this.#random = random;
  }

  /** Answers the secret for the cookie: 256 bits. */
  open(username: string): string {
    const token = Buffer.from(this.#random.bytes(32)).toString('base64url');
    const nowMs = this.#clock.monotonicMs();
    this.#sessions.set(digest(token), { username, startedMs: nowMs, lastSeenMs: nowMs });
    for (const oldest of this.#sessions.keys()) {
      if (this.#sessions.size <= maxSessions) break;
      this.#sessions.delete(oldest);
    }
    return token;
  }

  /**
   * Whose session it is, undefined when it ended.
   * @param isActivity false for what a page asks by itself: an open page must not keep an unattended desk signed in
   */
  find(token: string, { isActivity }: { isActivity: boolean }): string | undefined {
    const key = digest(token);
    const session = this.#sessions.get(key);
    if (!session) return undefined;
    const nowMs = this.#clock.monotonicMs();
    if (nowMs - session.lastSeenMs > idleLogOutMs || nowMs - session.startedMs > longestMs) {
      this.#sessions.delete(key);
      return undefined;
    }
    if (isActivity) session.lastSeenMs = nowMs;
    return session.username;
  }

  end(token: string): void {
    this.#sessions.delete(digest(token));
  }

  /** Ends every session of a user but the given one, if any. */
  endAll(username: string, keptToken?: string): void {
    const kept = keptToken === undefined ? undefined : digest(keptToken);
    for (const [key, session] of this.#sessions) {
      if (session.username === username && key !== kept) this.#sessions.delete(key);
    }
  }
}

const digest = (token: string): string => createHash('sha256').update(token).digest('base64url');
