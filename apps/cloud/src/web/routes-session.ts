import {
  ChangePasswordRequest,
  ErrorEnvelope,
  Me,
  Ok,
  SignInRequest,
  UpdateMeRequest,
  type User,
} from '@guildhall/protocol';
import { isGuildhallError } from '@guildhall/rpc';
import type { FastifyReply } from 'fastify';
import { refuse } from '../refuse.ts';
import type { StoredUser } from '../store/port.ts';
import { audit } from '../audit.ts';
import { revokePasses } from '../revoke-passes.ts';
import type { App, WebServices } from './types.ts';

export const userView = (user: StoredUser): User => ({
  userId: user.id,
  email: user.email,
  name: user.name,
  role: user.role,
  createdAtMs: user.createdAtMs,
});

/** Signing in and out, and a person's own facts. */
export function addSessionRoutes(app: App, services: WebServices): void {
  const { store, callers, bus, clock, passwords } = services;
  const { sessions } = callers;
  const tags = ['Sign-in'];
  const me = async (user: StoredUser): Promise<Me> => {
    const account = await store.accounts.get(user.accountId);
    if (!account) throw refuse('auth.required');
    return { user: userView(user), account: { accountId: account.id, name: account.name } };
  };
  /** Not awaited: how long the refusal takes must not say whether the person exists. */
  const tellFailure = async (email: string, address: string): Promise<void> => {
    const found = await store.users.findForSignIn(email).catch(() => undefined);
    if (!found) return;
    const { accountId, id: subject, name: label } = found;
    const about = { accountId, atMs: clock.now(), kind: 'sign-in.failed', severity: 'warning' } as const;
    bus.publish('account.event', { ...about, subject, label, detail: address });
  };
  const cookieFacts = { path: '/', httpOnly: true, sameSite: 'lax', secure: sessions.isSecure } as const;
  const giveCookie = (reply: FastifyReply, token: string) =>
    reply.setCookie(sessions.cookieName, token, { ...cookieFacts, maxAge: sessions.lifetimeMs / 1000 });

  app.post(
    '/api/v1/session',
    {
      schema: {
        tags,
        summary: 'Sign in',
        description: 'Sets the session cookie. Wrong guesses are slowed down by address and person.',
        body: SignInRequest,
        response: { 200: Me, default: ErrorEnvelope },
      },
    },
    async (request, reply) => {
      const { email, password } = request.body;
      const { token, user } = await sessions.signIn(email, password, request.ip).catch((error: unknown) => {
        if (isGuildhallError(error, 'auth.wrong-credentials')) void tellFailure(email, request.ip);
        throw error;
      });
      giveCookie(reply, token);
      return me(user);
    },
  );

  app.delete(
    '/api/v1/session',
    {
      schema: {
        tags,
        summary: 'Sign out',
        description: 'Ends this session. Without one it does nothing.',
        response: { 200: Ok, default: ErrorEnvelope },
      },
    },
    async (request, reply) => {
      const session = await callers.session(request);
      if (session) {
        await sessions.signOut(session.tokenHash);
        bus.publish('person.signed-out', { userId: session.user.id });
      }
      void reply.clearCookie(sessions.cookieName, cookieFacts);
      return { ok: true } as const;
    },
  );

  app.get(
    '/api/v1/me',
    {
      schema: { tags, summary: 'Who is signed in', response: { 200: Me, default: ErrorEnvelope } },
    },
    async (request) => me((await callers.signedIn(request)).user),
  );

  app.patch(
    '/api/v1/me',
    {
      schema: {
        tags,
        summary: 'Change the own name',
        body: UpdateMeRequest,
        response: { 200: Me, default: ErrorEnvelope },
      },
    },
    async (request) => {
      const { user } = await callers.signedIn(request);
      await store.users.rename(user.id, request.body.name);
      return me({ ...user, name: request.body.name });
    },
  );

  app.put(
    '/api/v1/me/password',
    {
      schema: {
        tags,
        summary: 'Change the own password',
        description: 'Ends every other session of this person and withdraws the passes kept by browsers.',
        body: ChangePasswordRequest,
        response: { 200: Ok, default: ErrorEnvelope },
      },
    },
    async (request) => {
      const { user, tokenHash } = await callers.signedIn(request);
      const { currentPassword, newPassword } = request.body;
      await sessions.confirmPassword(user, currentPassword, request.ip);
      passwords.assertStrong(newPassword, user.email, 'newPassword');
      await store.users.setPassword(user.id, await passwords.hash(newPassword), tokenHash);
      await revokePasses(services, user.accountId, user.id);
      await audit(services, user, 'password.changed', user.id);
      bus.publish('person.signed-out', { userId: user.id });
      return { ok: true } as const;
    },
  );
}
