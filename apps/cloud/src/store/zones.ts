import type { AccountId, GroupId, MeetingId, UserId, ZoneId } from '@guildhall/domain';
import type { Kysely } from 'kysely';
import { lockAccount } from './accounts.ts';
import type { Tables } from './schema.ts';

export interface ZoneHosts {
  readonly userIds: readonly UserId[];
  readonly groupIds: readonly GroupId[];
}

/** What one router of a zone may hold. Null: the default of this cloud. */
export interface ZoneLimits {
  readonly participantsPerRouter: number | null;
  readonly meetingsPerRouter: number | null;
}

export interface StoredZoneRules {
  readonly id: ZoneId;
  readonly name: string;
  /** Null: everybody may host here. */
  readonly hosts: ZoneHosts | null;
  /** Canonical CIDR texts. */
  readonly subnets: readonly string[];
  readonly limits: ZoneLimits;
}

export interface MeetingZone {
  readonly zoneId: ZoneId;
  readonly chosenAtMs: number;
}

/** The zones of an account with who may host in them and from where; and which zone a meeting was given. */
export class Zones {
  readonly #db: Kysely<Tables>;

  constructor(db: Kysely<Tables>) {
    this.#db = db;
  }

  /** Oldest first. */
  async list(accountId: AccountId): Promise<StoredZoneRules[]> {
    const zones = await this.#db
      .selectFrom('zones')
      .select(['id', 'name', 'hostsLimited', 'participantsPerRouter', 'meetingsPerRouter'])
      .where('accountId', '=', accountId)
      .orderBy('createdAtMs')
      .orderBy('id')
      .execute();
    const ids = zones.map((zone) => zone.id);
    if (ids.length === 0) return [];
    const users = await this.#db.selectFrom('zoneUsers').selectAll().where('zoneId', 'in', ids).execute();
    const groups = await this.#db.selectFrom('zoneGroups').selectAll().where('zoneId', 'in', ids).execute();
    const subnets = await this.#db
      .selectFrom('zoneSubnets')
      .selectAll()
      .where('accountId', '=', accountId)
      .orderBy('subnet')
      .execute();
    return zones.map(({ id, name, hostsLimited, ...limits }) => ({
      id,
      name,
      hosts:
        hostsLimited === 0
          ? null
          : {
              userIds: users.filter((row) => row.zoneId === id).map((row) => row.userId),
              groupIds: groups.filter((row) => row.zoneId === id).map((row) => row.groupId),
            },
      subnets: subnets.filter((row) => row.zoneId === id).map((row) => row.subnet),
      limits,
    }));
  }

  async rename(id: ZoneId, name: string): Promise<void> {
    await this.#db.updateTable('zones').set({ name }).where('id', '=', id).execute();
  }

  /** @param hosts null for everybody; people and groups of the zone's account */
  async setHosts(id: ZoneId, hosts: ZoneHosts | null): Promise<void> {
    await this.#db.transaction().execute(async (trx) => {
      // A flag of its own: a list that shrinks to nothing, because people left, must not open the zone to everybody.
      await trx
        .updateTable('zones')
        .set({ hostsLimited: hosts === null ? 0 : 1 })
        .where('id', '=', id)
        .execute();
      await trx.deleteFrom('zoneUsers').where('zoneId', '=', id).execute();
      await trx.deleteFrom('zoneGroups').where('zoneId', '=', id).execute();
      const users = [...new Set(hosts?.userIds)].map((userId) => ({ zoneId: id, userId }));
      const groups = [...new Set(hosts?.groupIds)].map((groupId) => ({ zoneId: id, groupId }));
      if (users.length > 0) await trx.insertInto('zoneUsers').values(users).execute();
      if (groups.length > 0) await trx.insertInto('zoneGroups').values(groups).execute();
    });
  }

  /** Undefined for a zone that is gone. */
  limitsOf(id: ZoneId): Promise<ZoneLimits | undefined> {
    return this.#db
      .selectFrom('zones')
      .select(['participantsPerRouter', 'meetingsPerRouter'])
      .where('id', '=', id)
      .executeTakeFirst();
  }

  /** What `change` does not name stays as it is. */
  async setLimits(id: ZoneId, change: Partial<ZoneLimits>): Promise<void> {
    if (Object.keys(change).length === 0) return;
    await this.#db.updateTable('zones').set(change).where('id', '=', id).execute();
  }

  /** Replaces the zone's subnets. The subnet that another zone has is answered, and nothing is changed then. */
  setSubnets(accountId: AccountId, id: ZoneId, subnets: readonly string[]): Promise<string | undefined> {
    const wanted = [...new Set(subnets)];
    return this.#db.transaction().execute(async (trx) => {
      await lockAccount(trx, accountId);
      const theirs = await trx
        .selectFrom('zoneSubnets')
        .select('subnet')
        .where('accountId', '=', accountId)
        .where('zoneId', '!=', id)
        .execute();
      const taken = theirs.find(({ subnet }) => wanted.includes(subnet));
      if (taken) return taken.subnet;
      await trx.deleteFrom('zoneSubnets').where('zoneId', '=', id).execute();
      const rows = wanted.map((subnet) => ({ accountId, subnet, zoneId: id }));
      if (rows.length > 0) await trx.insertInto('zoneSubnets').values(rows).execute();
      return undefined;
    });
  }

  /** False, and nothing is changed, while it has nodes. */
  remove(accountId: AccountId, id: ZoneId): Promise<boolean> {
    return this.#db.transaction().execute(async (trx) => {
      await lockAccount(trx, accountId);
      const node = await trx.selectFrom('nodes').select('id').where('zoneId', '=', id).executeTakeFirst();
      if (node) return false;
      await trx.deleteFrom('zones').where('id', '=', id).execute();
      return true;
    });
  }

  /** The zone the meeting was given last. */
  ofMeeting(meetingId: MeetingId): Promise<MeetingZone | undefined> {
    return this.#db
      .selectFrom('meetingZones')
      .select(['zoneId', 'chosenAtMs'])
      .where('meetingId', '=', meetingId)
      .executeTakeFirst();
  }

  /**
   * Gives the meeting a zone, unless somebody else did so since `before` was read: all of its people must get the same.
   * @returns the zone that holds
   */
  async keepForMeeting(
    meetingId: MeetingId,
    chosen: MeetingZone,
    before: MeetingZone | undefined,
  ): Promise<ZoneId> {
    if (before) {
      await this.#db
        .updateTable('meetingZones')
        .set({ ...chosen })
        .where('meetingId', '=', meetingId)
        .where('chosenAtMs', '=', before.chosenAtMs)
        .execute();
    } else {
      await this.#db
        .insertInto('meetingZones')
        .values({ meetingId, ...chosen })
        .onConflict((c) => c.column('meetingId').doNothing())
        .execute();
    }
    return (await this.ofMeeting(meetingId))?.zoneId ?? chosen.zoneId;
  }
}
