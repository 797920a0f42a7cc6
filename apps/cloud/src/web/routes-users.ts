import {
  CreateUserRequest,
  ErrorEnvelope,
  Ok,
  UpdateUserRequest,
  User,
  UserIdSchema,
  UserList,
  type UserRole,
} from '@guildhall/protocol';
import { z } from 'zod';
import { refuse } from '../refuse.ts';
import type { StoredUser } from '../store/port.ts';
import { audit } from '../audit.ts';
import { revokePasses } from '../revoke-passes.ts';
import { userView } from './routes-session.ts';
import type { App, WebServices } from './types.ts';

const Params = z.object({ userId: UserIdSchema });

/** The people of the account. Owners and administrators only; owners are in the hands of owners. */
export function addUserRoutes(app: App, services: WebServices): void {
  const { store, ids, clock, callers, bus, passwords } = services;
  const tags = ['People'];

  app.get(
    '/api/v1/users',
    {
      schema: {
        tags,
        summary: 'List the people of the account',
        description: 'Owners and administrators.',
        response: { 200: UserList, default: ErrorEnvelope },
      },
    },
    async (request) => {
      const caller = await callers.administrator(request);
      return { users: (await store.users.list(caller.accountId)).map(userView) };
    },
  );

  app.post(
    '/api/v1/users',
    {
      schema: {
        tags,
        summary: 'Add a person',
        description: 'Owners and administrators; only an owner makes another owner.',
        body: CreateUserRequest,
        response: { 201: User, default: ErrorEnvelope },
      },
    },
    async (request, reply) => {
      const caller = await callers.administrator(request);
      const { email, name, role, password } = request.body;
      assertOwnerMatters(caller, role);
      passwords.assertStrong(password, email, 'password');
      const user = {
        id: ids.user(),
        accountId: caller.accountId,
        email: email.toLowerCase(),
        name,
        role,
        createdAtMs: clock.now(),
      };
      const isNew = await store.users.insert({ ...user, passwordHash: await passwords.hash(password) });
      if (!isNew) throw refuse('user.email-taken', { field: 'email' });
      await audit(services, caller, 'user.created', user.id);
      return reply.code(201).send(userView(user));
    },
  );

  app.patch(
    '/api/v1/users/:userId',
    {
      schema: {
        tags,
        summary: 'Change the name or the role of a person',
        description: 'Owners and administrators; the last owner keeps the role.',
        params: Params,
        body: UpdateUserRequest,
        response: { 200: User, default: ErrorEnvelope },
      },
    },
    async (request) => {
      const caller = await callers.administrator(request);
      const target = await targetOf(caller, request.params.userId);
      if (request.body.role !== undefined) assertOwnerMatters(caller, request.body.role, target.role);
      await assertDone(store.users.update(caller.accountId, target.id, request.body));
      await audit(services, caller, 'user.changed', target.id);
      return userView({
        ...target,
        name: request.body.name ?? target.name,
        role: request.body.role ?? target.role,
      });
    },
  );

  app.delete(
    '/api/v1/users/:userId',
    {
      schema: {
        tags,
        summary: 'Remove a person',
        description: 'Owners and administrators. The meetings of that person go too; their history stays.',
        params: Params,
        response: { 200: Ok, default: ErrorEnvelope },
      },
    },
    async (request) => {
      const caller = await callers.administrator(request);
      const target = await targetOf(caller, request.params.userId);
      assertOwnerMatters(caller, target.role);
      await assertDone(store.users.remove(caller.accountId, target.id));
      await revokePasses(services, caller.accountId, target.id);
      await audit(services, caller, 'user.removed', target.id);
      bus.publish('person.signed-out', { userId: target.id });
      return { ok: true } as const;
    },
  );

  /** A person of another account is as unknown as one who never was. */
  async function targetOf(caller: StoredUser, userId: StoredUser['id']): Promise<StoredUser> {
    const user = await store.users.get(userId);
    if (user?.accountId !== caller.accountId) throw refuse('not-found');
    return user;
  }
}

/** Else an administrator could make themselves owner, or remove one. */
function assertOwnerMatters(caller: StoredUser, ...roles: readonly UserRole[]): void {
  if (roles.includes('owner') && caller.role !== 'owner') throw refuse('auth.forbidden');
}

async function assertDone(work: Promise<'done' | 'not-found' | 'last-owner'>): Promise<void> {
  const result = await work;
  if (result === 'last-owner') throw refuse('user.last-owner');
  if (result === 'not-found') throw refuse('not-found');
}
