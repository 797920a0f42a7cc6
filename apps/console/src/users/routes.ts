import { ChangePasswordRequest, ConsoleSignInRequest, type ConsoleMe } from '@guildhall/protocol';
import { GuildhallError } from '@guildhall/rpc';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { readBody } from '../read-body.ts';
import type { Accounts } from './accounts.ts';
import type { Sessions } from './sessions.ts';

export const sessionCookie = 'guildhall_console';
/** Asked by an open page by itself, so it is no sign of a person. */
const askedByPages = new Set(['/api/v1/status']);

interface UserRoutesOptions {
  readonly accounts: Accounts;
  readonly sessions: Sessions;
  readonly isSecure: boolean;
}

interface Guards {
  /** @throws GuildhallError `auth.required`, `auth.password-change-required` */
  requireViewer(request: FastifyRequest): ConsoleMe;
  /** @throws GuildhallError as above and `auth.forbidden` */
  requireOperator(request: FastifyRequest): ConsoleMe;
}

/** `POST|DELETE /session`, `GET /me`, `PUT /me/password`; answers the guards the other routes use. */
export function registerUserRoutes(app: FastifyInstance, options: UserRoutesOptions): Guards {
  const { accounts, sessions, isSecure } = options;
  const cookie = { path: '/', httpOnly: true, sameSite: 'strict', secure: isSecure } as const;

  const signedIn = (request: FastifyRequest): ConsoleMe => {
    const path = request.url.split('?', 1)[0] ?? '';
    const token = request.cookies[sessionCookie];
    const isActivity = !askedByPages.has(path);
    const username = token === undefined ? undefined : sessions.find(token, { isActivity });
    if (username === undefined) {
      const sentence = 'You are not signed in, or your session has ended. Sign in and try again.';
      throw new GuildhallError('auth.required', sentence);
    }
    return accounts.me(username);
  };

  const guards: Guards = {
    requireViewer(request) {
      const me = signedIn(request);
      if (me.passwordChangeRequired) {
        throw new GuildhallError(
          'auth.password-change-required',
          'Change the first password before you go on.',
        );
      }
      return me;
    },
    requireOperator(request) {
      const me = guards.requireViewer(request);
      if (me.authority !== 'operate') {
        throw new GuildhallError('auth.forbidden', 'You may look at this console but not change anything.');
      }
      return me;
    },
  };

  app.post('/api/v1/session', async (request, reply) => {
    const { username, password } = readBody(ConsoleSignInRequest, request.body);
    const me = await accounts.signIn(username, password, request.ip);
    endCurrent(request, reply);
    void reply.setCookie(sessionCookie, sessions.open(username), cookie);
    return me;
  });

  const endCurrent = (request: FastifyRequest, reply: FastifyReply): void => {
    const token = request.cookies[sessionCookie];
    if (token === undefined) return;
    sessions.end(token);
    void reply.clearCookie(sessionCookie, cookie);
  };

  // Signing out twice is no error.
  app.delete('/api/v1/session', async (request, reply) => {
    endCurrent(request, reply);
    return { ok: true };
  });

  app.get('/api/v1/me', async (request) => signedIn(request));

  app.put('/api/v1/me/password', async (request) => {
    const { username } = signedIn(request);
    const change = readBody(ChangePasswordRequest, request.body);
    await accounts.changePassword(username, change, request.ip);
    sessions.endOthers(username, request.cookies[sessionCookie] ?? '');
    return { ok: true };
  });

  return guards;
}
