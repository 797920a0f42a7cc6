import { effectiveHosting } from '@guildhall/domain';
import {
  CreateGroupRequest,
  GroupIdSchema,
  HostingView,
  SetAccountHostingRequest,
  SetGroupMembersRequest,
  SetUserHostingRequest,
  UpdateGroupRequest,
  UserIdSchema,
} from '@guildhall/protocol';
import { z } from 'zod';
import { audit } from '../audit.ts';
import { refuse } from '../refuse.ts';
import type { StoredGroup, StoredUser } from '../store/port.ts';
import type { App } from '../web/types.ts';
import { assertOwnPeople, voidPasses } from './act.ts';
import { doc } from './doc.ts';
import type { ConnectorServices } from './types.ts';

const GroupParams = z.strictObject({ groupId: GroupIdSchema });
const UserParams = z.strictObject({ userId: UserIdSchema });
const MAX_GROUPS = 1_000;

/** Where whose meetings are hosted. What changes counts from the next start of a meeting. */
export function addHostingRoutes(app: App, services: ConnectorServices): void {
  const { store, callers, ids, clock } = services;

  app.get(
    '/api/v1/connector/hosting',
    { schema: doc('Where whose meetings are hosted', HostingView, {}) },
    async (request) => view(await callers.administrator(request), services),
  );

  app.put(
    '/api/v1/connector/hosting',
    {
      schema: doc('Where the account’s meetings are hosted', HostingView, { body: SetAccountHostingRequest }),
    },
    async (request) => {
      const caller = await callers.administrator(request);
      await store.hosting.setAccountHosting(caller.accountId, request.body);
      await audit(services, caller, `hosting.account-${request.body.place}`, caller.accountId);
      await voidPasses(services, caller);
      return view(caller, services);
    },
  );

  app.put(
    '/api/v1/connector/people/:userId/hosting',
    {
      schema: doc('Where one person’s meetings are hosted', HostingView, {
        params: UserParams,
        body: SetUserHostingRequest,
      }),
    },
    async (request) => {
      const caller = await callers.administrator(request);
      const { userId } = request.params;
      await assertOwnPeople(services, caller, [userId]);
      const { hosting } = await store.hosting.settings(caller.accountId);
      const { group } = await store.hosting.ofUser(userId);
      const isHeld = hosting.locked || (group?.locked === true && group.place !== null);
      if (isHeld && request.body.place !== null) throw refuse('hosting.locked', { field: 'place' });
      await store.hosting.setUserPlace(userId, request.body.place);
      await audit(services, caller, `hosting.user-${request.body.place ?? 'inherit'}`, userId);
      await voidPasses(services, caller);
      return view(caller, services);
    },
  );

  app.post(
    '/api/v1/connector/groups',
    { schema: doc('Make a group of people', HostingView, { body: CreateGroupRequest }) },
    async (request) => {
      const caller = await callers.administrator(request);
      const { accountId } = caller;
      const groups = await store.hosting.groups(accountId);
      if (groups.length >= MAX_GROUPS) {
        throw refuse('request.too-large', { sentence: `An account has at most ${MAX_GROUPS} groups.` });
      }
      const id = ids.group();
      const group = { id, accountId, name: request.body.name, createdAtMs: clock.now() };
      if (!(await store.hosting.insertGroup(group))) throw refuse('hosting.name-taken', { field: 'name' });
      await audit(services, caller, 'group.made', id);
      return view(caller, services);
    },
  );

  app.patch(
    '/api/v1/connector/groups/:groupId',
    {
      schema: doc('Rename a group, or set where its meetings are hosted', HostingView, {
        params: GroupParams,
        body: UpdateGroupRequest,
      }),
    },
    async (request) => {
      const caller = await callers.administrator(request);
      const { name, place, locked } = request.body;
      const group = await groupOf(caller, request.params.groupId);
      const { hosting } = await store.hosting.settings(caller.accountId);
      if (hosting.locked && place !== undefined && place !== null)
        throw refuse('hosting.locked', { field: 'place' });
      const changed = {
        name: name ?? group.name,
        place: place === undefined ? group.place : place,
        locked: locked ?? group.locked,
      };
      if (!(await store.hosting.updateGroup(group.id, changed)))
        throw refuse('hosting.name-taken', { field: 'name' });
      await audit(services, caller, 'group.changed', group.id);
      await voidPasses(services, caller);
      return view(caller, services);
    },
  );

  app.delete(
    '/api/v1/connector/groups/:groupId',
    { schema: doc('Delete a group; its people stay', HostingView, { params: GroupParams }) },
    async (request) => {
      const caller = await callers.administrator(request);
      const group = await groupOf(caller, request.params.groupId);
      await store.hosting.removeGroup(group.id);
      await audit(services, caller, 'group.removed', group.id);
      await voidPasses(services, caller);
      return view(caller, services);
    },
  );

  app.put(
    '/api/v1/connector/groups/:groupId/members',
    {
      schema: doc('Who is in a group', HostingView, { params: GroupParams, body: SetGroupMembersRequest }),
    },
    async (request) => {
      const caller = await callers.administrator(request);
      const group = await groupOf(caller, request.params.groupId);
      await assertOwnPeople(services, caller, request.body.userIds);
      await store.hosting.setMembers(caller.accountId, group.id, request.body.userIds);
      await audit(services, caller, 'group.members', group.id);
      await voidPasses(services, caller);
      return view(caller, services);
    },
  );

  async function groupOf(caller: StoredUser, id: StoredGroup['id']): Promise<StoredGroup> {
    const group = await store.hosting.group(id);
    if (group?.accountId !== caller.accountId) throw refuse('not-found');
    return group;
  }
}

async function view({ accountId }: StoredUser, { store }: ConnectorServices): Promise<HostingView> {
  const { hosting: account } = await store.hosting.settings(accountId);
  const groups = await store.hosting.groups(accountId);
  const people = new Map((await store.hosting.people(accountId)).map((person) => [person.userId, person]));
  const users = await store.users.list(accountId);
  return {
    account,
    groups: groups.map(({ id, name, place, locked }) => ({
      groupId: id,
      name,
      place,
      locked,
      members: [...people.values()].filter((person) => person.groupId === id).length,
    })),
    people: users.map(({ id, name, email }) => {
      const { groupId = null, place = null } = people.get(id) ?? {};
      const group = groups.find((one) => one.id === groupId) ?? null;
      const effective = effectiveHosting({ account, group, user: place });
      return { userId: id, name, email, groupId, place, effective };
    }),
  };
}
