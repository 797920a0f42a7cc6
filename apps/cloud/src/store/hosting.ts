import type {
  AccountHosting,
  AccountId,
  GroupHosting,
  GroupId,
  HostingPlace,
  MinimumVersion,
  UserId,
  ZoneId,
} from '@guildhall/domain';
import type { Insertable, Kysely, Selectable } from 'kysely';
import { lockAccount } from './accounts.ts';
import { UniqueViolation } from './guard.ts';
import type { ConnectorSettingsTable, Tables, UserGroupTable } from './schema.ts';

export interface StoredConnectorSettings {
  readonly hosting: AccountHosting;
  /** Null: the oldest zone. */
  readonly defaultZoneId: ZoneId | null;
  readonly minimum: MinimumVersion | null;
  readonly enabledAtMs: number | null;
}

export interface StoredGroup extends GroupHosting {
  readonly id: GroupId;
  readonly accountId: AccountId;
}

export interface HostingOfUser {
  readonly groupId: GroupId | null;
  readonly group: GroupHosting | null;
  readonly place: HostingPlace | null;
}

type SettingsRow = Omit<Insertable<ConnectorSettingsTable>, 'accountId'>;

/** An account that never set anything: its meetings are hosted on its connector. */
const untouched = {
  hostingPlace: 'on-premises',
  hostingLocked: 0,
  defaultZoneId: null,
  minimumVersion: null,
  minimumFromMs: null,
  enabledAtMs: null,
} as const satisfies SettingsRow;

const nameKeyOf = (name: string): string => name.trim().toLocaleLowerCase('en');

/** Where whose meetings are hosted: the account's setting, groups and people; and who hosts in test mode. */
export class Hosting {
  readonly #db: Kysely<Tables>;

  constructor(db: Kysely<Tables>) {
    this.#db = db;
  }

  async settings(accountId: AccountId): Promise<StoredConnectorSettings> {
    const row = await this.#db
      .selectFrom('connectorSettings')
      .selectAll()
      .where('accountId', '=', accountId)
      .executeTakeFirst();
    const { hostingPlace, hostingLocked, defaultZoneId, minimumVersion, minimumFromMs, enabledAtMs } =
      row ?? untouched;
    return {
      hosting: { place: hostingPlace, locked: hostingLocked === 1 },
      defaultZoneId,
      minimum:
        minimumVersion === null || minimumFromMs === null
          ? null
          : { version: minimumVersion, fromMs: minimumFromMs },
      enabledAtMs,
    };
  }

  setAccountHosting(accountId: AccountId, { place, locked }: AccountHosting): Promise<void> {
    return this.#set(accountId, { hostingPlace: place, hostingLocked: locked ? 1 : 0 });
  }

  setDefaultZone(accountId: AccountId, defaultZoneId: ZoneId): Promise<void> {
    return this.#set(accountId, { defaultZoneId });
  }

  setMinimum(accountId: AccountId, minimum: MinimumVersion | null): Promise<void> {
    return this.#set(accountId, {
      minimumVersion: minimum?.version ?? null,
      minimumFromMs: minimum?.fromMs ?? null,
    });
  }

  setEnabledAt(accountId: AccountId, enabledAtMs: number): Promise<void> {
    return this.#set(accountId, { enabledAtMs });
  }

  async #set(accountId: AccountId, change: Partial<SettingsRow>): Promise<void> {
    await this.#db
      .insertInto('connectorSettings')
      .values({ ...untouched, ...change, accountId })
      .onConflict((c) => c.column('accountId').doUpdateSet(change))
      .execute();
  }

  async groups(accountId: AccountId): Promise<StoredGroup[]> {
    const rows = await this.#db
      .selectFrom('userGroups')
      .selectAll()
      .where('accountId', '=', accountId)
      .orderBy('nameKey')
      .execute();
    return rows.map(toGroup);
  }

  async group(id: GroupId): Promise<StoredGroup | undefined> {
    const row = await this.#db.selectFrom('userGroups').selectAll().where('id', '=', id).executeTakeFirst();
    return row && toGroup(row);
  }

  /** False when the account has a group of this name. */
  async insertGroup(
    group: Pick<StoredGroup, 'id' | 'accountId' | 'name'> & { readonly createdAtMs: number },
  ): Promise<boolean> {
    return unlessTaken(() =>
      this.#db
        .insertInto('userGroups')
        .values({ ...group, nameKey: nameKeyOf(group.name), place: null, locked: 0 })
        .execute(),
    );
  }

  /** False when another group of the account has the name. */
  async updateGroup(id: GroupId, { name, place, locked }: GroupHosting): Promise<boolean> {
    return unlessTaken(() =>
      this.#db
        .updateTable('userGroups')
        .set({ name, nameKey: nameKeyOf(name), place, locked: locked ? 1 : 0 })
        .where('id', '=', id)
        .execute(),
    );
  }

  /** Its people stay, without a group. A zone that let only this group in stays closed to others. */
  async removeGroup(id: GroupId): Promise<void> {
    await this.#db.deleteFrom('userGroups').where('id', '=', id).execute();
  }

  /** Everybody who is in a group or has a place of their own. */
  async people(
    accountId: AccountId,
  ): Promise<
    { readonly userId: UserId; readonly groupId: GroupId | null; readonly place: HostingPlace | null }[]
  > {
    return this.#db
      .selectFrom('userHosting')
      .innerJoin('users', 'users.id', 'userHosting.userId')
      .select(['userHosting.userId', 'userHosting.groupId', 'userHosting.place'])
      .where('users.accountId', '=', accountId)
      .execute();
  }

  async ofUser(userId: UserId): Promise<HostingOfUser> {
    const row = await this.#db
      .selectFrom('userHosting')
      .leftJoin('userGroups', 'userGroups.id', 'userHosting.groupId')
      .select([
        'userHosting.groupId',
        'userHosting.place',
        'userGroups.name',
        'userGroups.place as groupPlace',
        'userGroups.locked',
      ])
      .where('userHosting.userId', '=', userId)
      .executeTakeFirst();
    if (!row) return { groupId: null, group: null, place: null };
    const { groupId, place, name, groupPlace, locked } = row;
    return {
      groupId,
      place,
      group: name === null ? null : { name, place: groupPlace, locked: locked === 1 },
    };
  }

  async setUserPlace(userId: UserId, place: HostingPlace | null): Promise<void> {
    await this.#db
      .insertInto('userHosting')
      .values({ userId, groupId: null, place })
      .onConflict((c) => c.column('userId').doUpdateSet({ place }))
      .execute();
  }

  /** @param userIds of this account; whoever is in another group leaves that */
  async setMembers(accountId: AccountId, groupId: GroupId, userIds: readonly UserId[]): Promise<void> {
    await this.#db.transaction().execute(async (trx) => {
      await lockAccount(trx, accountId);
      await trx.updateTable('userHosting').set({ groupId: null }).where('groupId', '=', groupId).execute();
      for (const userId of new Set(userIds)) {
        await trx
          .insertInto('userHosting')
          .values({ userId, groupId, place: null })
          .onConflict((c) => c.column('userId').doUpdateSet({ groupId }))
          .execute();
      }
    });
  }

  async testHosts(accountId: AccountId): Promise<UserId[]> {
    const rows = await this.#db
      .selectFrom('testHosts')
      .select('userId')
      .where('accountId', '=', accountId)
      .orderBy('userId')
      .execute();
    return rows.map((row) => row.userId);
  }

  async isTestHost(userId: UserId): Promise<boolean> {
    const row = await this.#db
      .selectFrom('testHosts')
      .select('userId')
      .where('userId', '=', userId)
      .executeTakeFirst();
    return row !== undefined;
  }

  /** @param userIds of this account */
  async setTestHosts(accountId: AccountId, userIds: readonly UserId[]): Promise<void> {
    await this.#db.transaction().execute(async (trx) => {
      await lockAccount(trx, accountId);
      await trx.deleteFrom('testHosts').where('accountId', '=', accountId).execute();
      const rows = [...new Set(userIds)].map((userId) => ({ userId, accountId }));
      if (rows.length > 0) await trx.insertInto('testHosts').values(rows).execute();
    });
  }
}

const toGroup = ({ id, accountId, name, place, locked }: Selectable<UserGroupTable>): StoredGroup => ({
  id,
  accountId,
  name,
  place,
  locked: locked === 1,
});

/** False when a unique key was taken. */
export async function unlessTaken(work: () => Promise<unknown>): Promise<boolean> {
  try {
    await work();
    return true;
  } catch (error) {
    if (error instanceof UniqueViolation) return false;
    throw error;
  }
}
