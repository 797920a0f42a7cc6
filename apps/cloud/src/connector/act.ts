import type { UserId, GroupId } from '@guildhall/domain';
import { refuse } from '../refuse.ts';
import { revokePasses } from '../revoke-passes.ts';
import type { StoredUser } from '../store/port.ts';
import type { ConnectorServices } from './types.ts';

/** A fact of every zone's policy changed. */
export async function tellZones(
  { store, bus }: Pick<ConnectorServices, 'store' | 'bus'>,
  caller: StoredUser,
): Promise<void> {
  for (const { id } of await store.connectors.zones(caller.accountId)) {
    bus.publish('policy.changed', { zoneId: id });
  }
}

/** Where meetings may be held changed: the passes of before say otherwise. Zones are told. */
export async function voidPasses(
  services: Pick<ConnectorServices, 'store' | 'bus' | 'clock'>,
  caller: StoredUser,
): Promise<void> {
  await revokePasses(services, caller.accountId, caller.accountId);
}

/** @throws GuildhallError not-found when one is not of the caller's account */
export async function assertOwnPeople(
  { store }: Pick<ConnectorServices, 'store'>,
  caller: StoredUser,
  userIds: readonly UserId[],
): Promise<void> {
  const known = new Set((await store.users.list(caller.accountId)).map((user) => user.id));
  if (!userIds.every((id) => known.has(id))) throw refuse('not-found', { field: 'userIds' });
}

/** @throws GuildhallError not-found when one is not of the caller's account */
export async function assertOwnGroups(
  { store }: Pick<ConnectorServices, 'store'>,
  caller: StoredUser,
  groupIds: readonly GroupId[],
): Promise<void> {
  const known = new Set((await store.hosting.groups(caller.accountId)).map((group) => group.id));
  if (!groupIds.every((id) => known.has(id))) throw refuse('not-found', { field: 'groupIds' });
}
