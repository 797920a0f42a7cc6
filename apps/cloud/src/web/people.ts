import type { FastifyRequest } from 'fastify';
import type { UserRole } from '@guildhall/protocol';
import type { SessionService } from '../people/port.ts';
import { refuse } from '../refuse.ts';
import type { OpenSession, StoredUser } from '../store/port.ts';

/** Who is asking, by the session cookie. */
export class Callers {
  readonly sessions: SessionService;

  constructor(sessions: SessionService) {
    this.sessions = sessions;
  }

  session(request: FastifyRequest): Promise<OpenSession | undefined> {
    return this.sessions.find(request.cookies[this.sessions.cookieName]);
  }

  /** @throws GuildhallError auth.required */
  async signedIn(request: FastifyRequest): Promise<OpenSession> {
    const session = await this.session(request);
    if (!session) throw refuse('auth.required');
    return session;
  }

  /** @throws GuildhallError auth.required, auth.forbidden */
  async administrator(request: FastifyRequest): Promise<StoredUser> {
    const { user } = await this.signedIn(request);
    if (!isAdministrator(user.role)) throw refuse('auth.forbidden');
    return user;
  }
}

const isAdministrator = (role: UserRole): boolean => role === 'owner' || role === 'admin';
