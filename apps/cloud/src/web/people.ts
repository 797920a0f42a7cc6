import { RateLimiter, type Clock } from '@guildhall/kit';
import type { FastifyRequest } from 'fastify';
import type { UserRole } from '@guildhall/protocol';
import type { SessionService } from '../people/port.ts';
import { refuse } from '../refuse.ts';
import type { OpenSession, StoredUser } from '../store/port.ts';

/**
 * Whatever one person may change. Nobody's hand reaches it, and a script learns from the answer when to go on; without it
 * one member could fill the disk with meetings. Joins are not counted here.
 */
const changesOfOne = { capacity: 600, refillPerSecond: 5 };

/** Who is asking, by the session cookie. */
export class Callers {
  readonly sessions: SessionService;
  readonly #changes: RateLimiter;

  constructor(sessions: SessionService, clock: Pick<Clock, 'monotonicMs'>) {
    this.sessions = sessions;
    this.#changes = new RateLimiter({ ...changesOfOne, clock });
  }

  session(request: FastifyRequest): Promise<OpenSession | undefined> {
    return this.sessions.find(request.cookies[this.sessions.cookieName]);
  }

  /** @throws GuildhallError auth.required, rate.limited */
  async signedIn(request: FastifyRequest): Promise<OpenSession> {
    const session = await this.session(request);
    if (!session) throw refuse('auth.required');
    if (request.method !== 'GET') {
      const decision = this.#changes.take(session.user.id);
      if (!decision.ok) throw refuse('rate.limited', { retryAfterMs: decision.retryAfterMs });
    }
    return session;
  }

  /** @throws GuildhallError auth.required, auth.forbidden, rate.limited */
  async administrator(request: FastifyRequest): Promise<StoredUser> {
    const { user } = await this.signedIn(request);
    if (!isAdministrator(user.role)) throw refuse('auth.forbidden');
    return user;
  }
}

const isAdministrator = (role: UserRole): boolean => role === 'owner' || role === 'admin';
