import { createHash } from 'node:crypto';
import { networkOf, type Clock, type Random } from '@guildhall/kit';
import { refuse } from '../refuse.ts';
import type { OpenSession, Store, StoredUser } from '../store/port.ts';
import { FailureThrottle } from '../failure-throttle.ts';
import { checkPassword } from './passwords.ts';

const sessionLifetimeMs = 30 * 24 * 3_600_000;
/** The expiry slides at most this often: a write for every request would be a write too many. */
const SLIDE_EVERY_MS = 3_600_000;
const TOKEN_BYTES = 32;
/** Password checks of one person from one address at the same time. */
const MAX_PENDING = 16;
const TOKEN_PATTERN = /^[A-Za-z0-9_-]{43}$/u;

export interface SessionServiceOptions {
  readonly store: Store;
  readonly clock: Pick<Clock, 'now' | 'monotonicMs'>;
  readonly random: Pick<Random, 'bytes'>;
  /** Whether the cookie travels over TLS only. */
  readonly isSecure: boolean;
}

/** Signing in and who a request comes from. */
export class SessionService {
  readonly cookieName: string;
  /** From the last use. */
  readonly lifetimeMs = sessionLifetimeMs;
  readonly isSecure: boolean;
  readonly #options: SessionServiceOptions;
  readonly #byPerson: FailureThrottle;
  readonly #byAddress: FailureThrottle;
  readonly #pending = new Map<string, number>();

  constructor(options: SessionServiceOptions) {
    this.#options = options;
    this.isSecure = options.isSecure;
    // The prefix makes browsers refuse a cookie set by a neighbouring host or over plain HTTP (RFC 6265bis §4.1.3.2).
    this.cookieName = options.isSecure ? '__Host-guildhall_session' : 'guildhall_session';
    const limits = { firstDelayMs: 1_000, maxDelayMs: 300_000, forgetAfterMs: 900_000, clock: options.clock };
    this.#byPerson = new FailureThrottle({ ...limits, free: 5 });
    // A whole office may be behind one address.
    this.#byAddress = new FailureThrottle({ ...limits, free: 50, maxDelayMs: 60_000 });
  }

  /**
   * @returns the token for the cookie; the store has only its digest
   * @throws GuildhallError auth.wrong-credentials, rate.limited
   */
  async signIn(
    email: string,
    password: string,
    address: string,
  ): Promise<{ readonly token: string; readonly user: StoredUser }> {
    const { store, clock, random } = this.#options;
    const found = await store.users.findForSignIn(email);
    await this.#tryPassword(
      { person: email.toLowerCase(), address },
      found?.passwordHash,
      password,
      'auth.wrong-credentials',
    );
    if (!found) throw refuse('auth.wrong-credentials');
    const token = Buffer.from(random.bytes(TOKEN_BYTES)).toString('base64url');
    const nowMs = clock.now();
    await store.sessions.removeExpired(nowMs);
    await store.sessions.insert({
      tokenHash: digest(token),
      userId: found.id,
      createdAtMs: nowMs,
      seenAtMs: nowMs,
      expiresAtMs: nowMs + sessionLifetimeMs,
    });
    const { passwordHash: _hash, ...user } = found;
    return { token, user };
  }

  /**
   * The same check for who is signed in already and must prove it again.
   * @throws GuildhallError auth.wrong-password, rate.limited
   */
  async confirmPassword(user: StoredUser, password: string, address: string): Promise<void> {
    const passwordHash = await this.#options.store.users.passwordHash(user.id);
    await this.#tryPassword({ person: user.email, address }, passwordHash, password, 'auth.wrong-password');
  }

  async #tryPassword(
    { person, address }: { readonly person: string; readonly address: string },
    passwordHash: string | undefined,
    password: string,
    code: 'auth.wrong-credentials' | 'auth.wrong-password',
  ): Promise<void> {
    const network = networkOf(address);
    const key = `${person} ${network}`;
    const waitMs = Math.max(this.#byPerson.waitMs(key), this.#byAddress.waitMs(network));
    if (waitMs > 0) throw refuse('rate.limited', { retryAfterMs: waitMs });
    const isRight = await this.#onePending(key, () => checkPassword(passwordHash, password));
    if (isRight) return this.#byPerson.clear(key);
    this.#byPerson.fail(key);
    this.#byAddress.fail(network);
    throw refuse(code);
  }

  /** The comparison is slow on purpose: without this, a thousand guesses at once would all be before the first failure. */
  async #onePending<T>(key: string, work: () => Promise<T>): Promise<T> {
    const pending = this.#pending.get(key) ?? 0;
    if (pending >= MAX_PENDING) throw refuse('rate.limited', { retryAfterMs: 1_000 });
    this.#pending.set(key, pending + 1);
    try {
      return await work();
    } finally {
      const left = (this.#pending.get(key) ?? 1) - 1;
      if (left > 0) this.#pending.set(key, left);
      else this.#pending.delete(key);
    }
  }

  /** Undefined for no cookie, a forged one and an expired one alike. */
  async find(token: string | undefined): Promise<OpenSession | undefined> {
    if (token === undefined || !TOKEN_PATTERN.test(token)) return undefined;
    const { store, clock } = this.#options;
    const nowMs = clock.now();
    const session = await store.sessions.find(digest(token), nowMs);
    if (session && nowMs - session.seenAtMs >= SLIDE_EVERY_MS) {
      await store.sessions.touch(session.tokenHash, nowMs, nowMs + sessionLifetimeMs);
    }
    return session;
  }

  /** For links that are opened outside the web framework: reads the raw `Cookie` header. */
  findByHeader(cookieHeader: string | undefined): Promise<OpenSession | undefined> {
    const prefix = `${this.cookieName}=`;
    const pair = (cookieHeader ?? '').split(/;\s*/u).find((part) => part.startsWith(prefix));
    return this.find(pair?.slice(prefix.length));
  }

  async signOut(tokenHash: string): Promise<void> {
    await this.#options.store.sessions.remove(tokenHash);
  }
}

const digest = (token: string): string => createHash('sha256').update(token).digest('hex');
