import type { ConsoleMe } from '@guildhall/protocol';
import { GuildhallError } from '@guildhall/rpc';
import type { FastifyRequest } from 'fastify';
import type { Accounts } from './accounts.ts';
import type { Sessions } from './sessions.ts';

export const sessionCookie = 'guildhall_console';
/** Asked by an open page by itself, so it is no sign of a person. */
const askedByPages = new Set(['/api/v1/status', '/api/v1/logs/stream', '/api/v1/self-test']);

export interface Guards {
  /** @throws GuildhallError `auth.required` */
  requireSignedIn(request: FastifyRequest): ConsoleMe;
  /** @throws GuildhallError `auth.required`, `auth.password-change-required` */
  requireViewer(request: FastifyRequest): ConsoleMe;
  /** @throws GuildhallError as above and `auth.forbidden` */
  requireOperator(request: FastifyRequest): ConsoleMe;
}

/** Who a request comes from, by its session. */
export function createGuards({
  accounts,
  sessions,
}: {
  readonly accounts: Accounts;
  readonly sessions: Sessions;
}): Guards {
  const requireSignedIn = (request: FastifyRequest): ConsoleMe => {
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
  const requireViewer = (request: FastifyRequest): ConsoleMe => {
    const me = requireSignedIn(request);
    if (!me.passwordChangeRequired) return me;
    throw new GuildhallError('auth.password-change-required', 'Change the first password before you go on.');
  };
  const requireOperator = (request: FastifyRequest): ConsoleMe => {
    const me = requireViewer(request);
    if (me.authority === 'operate') return me;
    throw new GuildhallError('auth.forbidden', 'You may look at this console but not change anything.');
  };
  return { requireSignedIn, requireViewer, requireOperator };
}
