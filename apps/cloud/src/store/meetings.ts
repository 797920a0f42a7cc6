import type { AccountId, MeetingId, MeetingSettings, SpecTimes, UserId } from '@guildhall/domain';
import { MeetingSettingsSchema, SpecTimesSchema } from '@guildhall/protocol';
import type { Kysely, Selectable } from 'kysely';
import { UniqueViolation } from './guard.ts';
import type { MeetingTable, Tables } from './schema.ts';

/** What the owner of a meeting decided, and what is known of its runs. */
export interface StoredMeeting {
  readonly id: MeetingId;
  readonly accountId: AccountId;
  readonly hostUserId: UserId;
  readonly hostName: string;
  readonly number: string;
  readonly topic: string;
  readonly kind: 'instant' | 'scheduled';
  readonly startsAtMs: number | null;
  readonly durationMinutes: number | null;
  readonly timeZone: string | null;
  readonly passcode: string | null;
  readonly settings: MeetingSettings;
  /** When its owner last changed the topic and each setting. */
  readonly changedAtMs: SpecTimes;
  readonly isRunning: boolean;
  readonly startedAtMs: number | null;
  readonly endedAtMs: number | null;
  readonly endReason: string | null;
  readonly sortAtMs: number;
  /** When it counts as past unless it runs. */
  readonly expectedEndMs: number;
  readonly createdAtMs: number;
}

export type NewMeeting = Omit<
  StoredMeeting,
  'hostName' | 'isRunning' | 'startedAtMs' | 'endedAtMs' | 'endReason' | 'changedAtMs'
>;
export type MeetingPlan = Pick<
  StoredMeeting,
  | 'topic'
  | 'startsAtMs'
  | 'durationMinutes'
  | 'timeZone'
  | 'passcode'
  | 'settings'
  | 'kind'
  | 'sortAtMs'
  | 'expectedEndMs'
>;

/** Place in a list: the last row of the page before. */
export interface PageCursor {
  readonly sortAtMs: number;
  readonly id: MeetingId;
}

export class Meetings {
  readonly #db: Kysely<Tables>;

  constructor(db: Kysely<Tables>) {
    this.#db = db;
  }

  /** False when the number (or the id) is taken. */
  async insert(meeting: NewMeeting): Promise<boolean> {
    try {
      await this.#db
        .insertInto('meetings')
        .values({
          ...meeting,
          settings: JSON.stringify(meeting.settings),
          changedAtMs: null,
          isRunning: 0,
          startedAtMs: null,
          endedAtMs: null,
          endReason: null,
        })
        .execute();
      return true;
    } catch (error) {
      if (error instanceof UniqueViolation) return false;
      throw error;
    }
  }

  findByNumber(number: string): Promise<StoredMeeting | undefined> {
    return this.#find((q) => q.where('meetings.number', '=', number));
  }

  /** Of anybody else's meeting it says the same as of one that does not exist. */
  findOwn(hostUserId: UserId, number: string): Promise<StoredMeeting | undefined> {
    return this.#find((q) =>
      q.where('meetings.number', '=', number).where('meetings.hostUserId', '=', hostUserId),
    );
  }

  get(id: MeetingId): Promise<StoredMeeting | undefined> {
    return this.#find((q) => q.where('meetings.id', '=', id));
  }

  async running(hostUserId: UserId): Promise<StoredMeeting[]> {
    const rows = await withHost(this.#db)
      .where('meetings.hostUserId', '=', hostUserId)
      .where('meetings.isRunning', '=', 1)
      .orderBy('meetings.startedAtMs')
      .limit(100)
      .execute();
    return rows.map(toMeeting);
  }

  /** One page: upcoming and running ones by time, past ones newest first. */
  async list(query: {
    readonly hostUserId: UserId;
    readonly when: 'upcoming' | 'past';
    readonly nowMs: number;
    readonly limit: number;
    readonly after: PageCursor | undefined;
  }): Promise<StoredMeeting[]> {
    const { when, nowMs, after } = query;
    const direction = when === 'past' ? 'desc' : 'asc';
    const beyond = when === 'past' ? '<' : '>';
    let rows = withHost(this.#db)
      .where('meetings.hostUserId', '=', query.hostUserId)
      .where((e) => {
        const over = e.and([
          e('meetings.isRunning', '=', 0),
          e.or([
            e.and([e('meetings.kind', '=', 'instant'), e('meetings.endedAtMs', 'is not', null)]),
            e('meetings.expectedEndMs', '<=', nowMs),
          ]),
        ]);
        return when === 'past' ? over : e.not(over);
      })
      .orderBy('meetings.sortAtMs', direction)
      .orderBy('meetings.id', direction)
      .limit(query.limit);
    if (after) {
      rows = rows.where((e) =>
        e.or([
          e('meetings.sortAtMs', beyond, after.sortAtMs),
          e.and([e('meetings.sortAtMs', '=', after.sortAtMs), e('meetings.id', beyond, after.id)]),
        ]),
      );
    }
    return (await rows.execute()).map(toMeeting);
  }

  /** False when it is gone meanwhile. */
  async update(id: MeetingId, plan: MeetingPlan & Pick<StoredMeeting, 'changedAtMs'>): Promise<boolean> {
    const json = {
      settings: JSON.stringify(plan.settings),
      changedAtMs: JSON.stringify(plan.changedAtMs),
    };
    const result = await this.#db
      .updateTable('meetings')
      .set({ ...plan, ...json })
      .where('id', '=', id)
      .executeTakeFirst();
    return result.numUpdatedRows > 0n;
  }

  async remove(id: MeetingId): Promise<boolean> {
    const result = await this.#db.deleteFrom('meetings').where('id', '=', id).executeTakeFirst();
    return result.numDeletedRows > 0n;
  }

  /**
   * Which of these were a meeting of this account and are none any more. One that was never heard of is not among them:
   * a database that was put back from a backup must end nobody's meeting.
   */
  async deletedOf(accountId: AccountId, ids: readonly MeetingId[]): Promise<MeetingId[]> {
    const there = await this.#db.selectFrom('meetings').select('id').where('id', 'in', ids).execute();
    const present = new Set(there.map(({ id }) => id));
    const missing = ids.filter((id) => !present.has(id));
    if (missing.length === 0) return [];
    const ran = await this.#db
      .selectFrom('meetingRuns')
      .select('meetingId')
      .distinct()
      .where('meetingId', 'in', missing)
      .where('accountId', '=', accountId)
      .execute();
    // One that began with a pass while its zone was cut off has no run here yet; deleting voided its passes.
    const voided = await this.#db
      .selectFrom('passRevocations')
      .select('id')
      .where('id', 'in', missing)
      .where('accountId', '=', accountId)
      .execute();
    const known = new Set<string>([...ran.map(({ meetingId }) => meetingId), ...voided.map(({ id }) => id)]);
    return missing.filter((id) => known.has(id));
  }

  /** Those of this account that were changed since they were made. */
  async changedOf(
    accountId: AccountId,
    ids: readonly MeetingId[],
  ): Promise<Pick<StoredMeeting, 'id' | 'topic' | 'settings' | 'changedAtMs'>[]> {
    const rows = await this.#db
      .selectFrom('meetings')
      .select(['id', 'topic', 'settings', 'changedAtMs'])
      .where('id', 'in', ids)
      .where('accountId', '=', accountId)
      .where('changedAtMs', 'is not', null)
      .execute();
    return rows.map((row) => ({ ...row, ...parsed(row) }));
  }

  async #find(
    narrow: (query: ReturnType<typeof withHost>) => ReturnType<typeof withHost>,
  ): Promise<StoredMeeting | undefined> {
    const row = await narrow(withHost(this.#db)).executeTakeFirst();
    return row && toMeeting(row);
  }
}

const withHost = (db: Kysely<Tables>) =>
  db
    .selectFrom('meetings')
    .innerJoin('users', 'users.id', 'meetings.hostUserId')
    .selectAll('meetings')
    .select('users.name as hostName');

function toMeeting(row: Selectable<MeetingTable> & { readonly hostName: string }): StoredMeeting {
  return { ...row, ...parsed(row), isRunning: row.isRunning === 1 };
}

const parsed = ({ settings, changedAtMs }: Pick<MeetingTable, 'settings' | 'changedAtMs'>) => ({
  settings: MeetingSettingsSchema.parse(JSON.parse(settings)),
  changedAtMs: changedAtMs === null ? {} : SpecTimesSchema.parse(JSON.parse(changedAtMs)),
});
