import {
  AddConsoleUserRequest,
  ChangeConsoleUserRequest,
  ChangePasswordRequest,
  ConsoleSignInRequest,
  ResetConsolePasswordRequest,
} from '@guildhall/protocol';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { readBody } from '../read-body.ts';
import type { Accounts } from './accounts.ts';
import { sessionCookie, type Guards } from './guards.ts';
import type { Sessions } from './sessions.ts';
import type { UserManager } from './users.ts';

interface UserRoutesOptions {
  readonly accounts: Accounts;
  readonly users: UserManager;
  readonly sessions: Sessions;
  readonly guards: Guards;
  readonly isSecure: boolean;
}

const Named = z.object({ username: z.string() });

/** `POST|DELETE /session`, `GET /me`, `PUT /me/password`, and `/users`. */
export function registerUserRoutes(app: FastifyInstance, options: UserRoutesOptions): void {
  const { accounts, users, sessions, guards, isSecure } = options;
  const cookie = { path: '/', httpOnly: true, sameSite: 'strict', secure: isSecure } as const;

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

  app.get('/api/v1/me', async (request) => guards.requireSignedIn(request));

  app.put('/api/v1/me/password', async (request) => {
    const { username } = guards.requireSignedIn(request);
    const change = readBody(ChangePasswordRequest, request.body);
    await accounts.changePassword(username, change, request.ip);
    sessions.endAll(username, request.cookies[sessionCookie] ?? '');
    return { ok: true };
  });

  app.get('/api/v1/users', async () => ({ users: users.list() }));

  app.post('/api/v1/users', async (request, reply) => {
    const user = await users.add(readBody(AddConsoleUserRequest, request.body), byOf(request));
    return reply.code(201).send(user);
  });

  app.put('/api/v1/users/:username', async (request) => {
    const { authority } = readBody(ChangeConsoleUserRequest, request.body);
    return users.setAuthority(Named.parse(request.params).username, authority, byOf(request));
  });

  app.put('/api/v1/users/:username/password', async (request) => {
    const { newPassword } = readBody(ResetConsolePasswordRequest, request.body);
    await users.resetPassword(Named.parse(request.params).username, newPassword, byOf(request));
    return { ok: true };
  });

  app.delete('/api/v1/users/:username', async (request) => {
    await users.remove(Named.parse(request.params).username, byOf(request));
    return { ok: true };
  });

  const byOf = (request: FastifyRequest): string => guards.requireOperator(request).username;
}
