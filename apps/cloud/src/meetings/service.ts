import { changedAt, namedFields } from '@guildhall/domain';
import type { Clock, Random } from '@guildhall/kit';
import {
  MeetingIdSchema,
  type CreateMeetingRequest,
  type Meeting,
  type MeetingUpdateOrder,
  type UpdateMeetingRequest,
} from '@guildhall/protocol';
import { z } from 'zod';
import type { Bus } from '../bus/port.ts';
import type { Ids } from '../ids.ts';
import { refuse } from '../refuse.ts';
import { revokePasses } from '../revoke-passes.ts';
import type { MeetingPlan, PageCursor, Store, StoredMeeting, StoredUser } from '../store/port.ts';
import { liveChangeOf, planChanged, planNew } from './plan.ts';
import { meetingView } from './view.ts';

export interface MeetingServiceOptions {
  readonly store: Store;
  readonly ids: Ids;
  readonly bus: Bus;
  readonly clock: Pick<Clock, 'now'>;
  readonly random: Pick<Random, 'bytes' | 'uint32'>;
  /** Without a slash at the end; known once the server listens. */
  readonly publicUrl: () => string;
}

/** Letters and digits that are not taken for each other when read aloud. */
const PASSCODE_ALPHABET = 'abcdefghjkmnpqrstuvwxyz23456789';
const PASSCODE_LENGTH = 6;
const NUMBER_DIGITS = 10;
const NUMBER_ATTEMPTS = 20;
const DEFAULT_PAGE = 50;

/** The meetings of one person: made, listed, changed, deleted. */
export class MeetingService {
  readonly #options: MeetingServiceOptions;
  #lastChangeMs = 0;

  constructor(options: MeetingServiceOptions) {
    this.#options = options;
  }

  async create(user: StoredUser, request: CreateMeetingRequest): Promise<Meeting> {
    const { store, ids, clock, bus } = this.#options;
    const nowMs = clock.now();
    const newPasscode = (): string => this.#newPasscode();
    const plan = planNew(request, { nowMs, hostName: user.name, newPasscode });
    const fixed = { accountId: user.accountId, hostUserId: user.id, createdAtMs: nowMs };
    for (let attempt = 0; attempt < NUMBER_ATTEMPTS; attempt++) {
      const meeting = { ...plan, ...fixed, id: ids.meeting(), number: this.#newNumber() };
      if (!(await store.meetings.insert(meeting))) continue;
      bus.publish('person.notice', { userId: user.id, notice: { kind: 'meetings.changed' } });
      const none = { changedAtMs: {}, isRunning: false, startedAtMs: null, endedAtMs: null, endReason: null };
      return this.#view({ ...meeting, ...none, hostName: user.name });
    }
    throw new Error('no free meeting number was found');
  }

  async list(
    user: StoredUser,
    query: {
      readonly when: 'upcoming' | 'past';
      readonly limit?: number | undefined;
      readonly cursor?: string | undefined;
    },
  ): Promise<{ readonly meetings: Meeting[]; readonly nextCursor: string | null }> {
    const limit = query.limit ?? DEFAULT_PAGE;
    const after = query.cursor === undefined ? undefined : readCursor(query.cursor);
    const { store, clock } = this.#options;
    // One more than asked tells whether there is a next page.
    const wanted = { hostUserId: user.id, when: query.when, nowMs: clock.now(), limit: limit + 1, after };
    const found = await store.meetings.list(wanted);
    const page = found.slice(0, limit);
    const last = page.at(-1);
    const hasMore = found.length > limit && last !== undefined;
    return {
      meetings: page.map((meeting) => this.#view(meeting)),
      nextCursor: hasMore ? writeCursor({ sortAtMs: last.sortAtMs, id: last.id }) : null,
    };
  }

  async get(user: StoredUser, number: string): Promise<Meeting> {
    return this.#view(await this.#own(user, number));
  }

  async update(user: StoredUser, number: string, change: UpdateMeetingRequest): Promise<Meeting> {
    const { store, clock, bus } = this.#options;
    const meeting = await this.#own(user, number);
    const plan = planChanged(meeting, change, clock.now());
    const told = liveChangeOf(meeting, plan);
    const atMs = this.#nextChangeMs();
    const changedAtMs = changedAt(meeting.changedAtMs, told ? namedFields(told) : [], atMs);
    if (!(await store.meetings.update(meeting.id, { ...plan, changedAtMs }))) throw refuse('not-found');
    // A pass holds the settings and stands for having known the passcode; the host's pages fetch new ones.
    const isOther = plan.passcode !== meeting.passcode || isDifferent(plan.settings, meeting.settings);
    if (isOther) await revokePasses(this.#options, meeting.accountId, meeting.id);
    if (told) await this.#tellZones(meeting, { meetingId: meeting.id, atMs, ...told });
    bus.publish('person.notice', { userId: user.id, notice: { kind: 'meetings.changed' } });
    return this.#view({ ...meeting, ...plan });
  }

  /** Two changes within one millisecond are two. */
  #nextChangeMs(): number {
    this.#lastChangeMs = Math.max(this.#options.clock.now(), this.#lastChangeMs + 1);
    return this.#lastChangeMs;
  }

  /** All zones of the account: with a pass it may have begun in one that this cloud has not heard of yet. */
  async #tellZones({ accountId }: StoredMeeting, update: MeetingUpdateOrder): Promise<void> {
    const { store, bus } = this.#options;
    for (const { id: zoneId } of await store.connectors.zones(accountId)) {
      bus.publish('meeting.updated', { zoneId, update });
    }
  }

  /** Ends it first when it runs: its people are told, and its history is completed by what the zone reports. */
  async remove(user: StoredUser, number: string): Promise<void> {
    const { store, bus } = this.#options;
    const meeting = await this.#own(user, number);
    if (!(await store.meetings.remove(meeting.id))) throw refuse('not-found');
    await revokePasses(this.#options, meeting.accountId, meeting.id);
    // Its zone was forgotten with it; the others do not know the meeting, which is no error.
    for (const { id: zoneId } of await store.connectors.zones(meeting.accountId)) {
      bus.publish('meeting.end', { zoneId, meetingId: meeting.id, reason: 'ended-by-portal' });
    }
    if (meeting.isRunning) {
      const notice = { kind: 'meeting.ended', meetingId: meeting.id, number: meeting.number } as const;
      bus.publish('person.notice', { userId: user.id, notice });
    }
    bus.publish('person.notice', { userId: user.id, notice: { kind: 'meetings.changed' } });
  }

  /** Somebody else's meeting is refused with the very words of a missing one. */
  async #own(user: StoredUser, number: string): Promise<StoredMeeting> {
    const meeting = await this.#options.store.meetings.findOwn(user.id, number);
    if (!meeting) throw refuse('not-found');
    return meeting;
  }

  #view(meeting: StoredMeeting): Meeting {
    return meetingView(meeting, this.#options.publicUrl(), this.#options.clock.now());
  }

  /** Ten digits, the first not zero, so that nobody loses one by reading it as a number. */
  #newNumber(): string {
    let digits = '';
    while (digits.length < NUMBER_DIGITS) {
      const digit = unbiased(this.#options.random, 10);
      if (digits !== '' || digit !== 0) digits += String(digit);
    }
    return digits;
  }

  #newPasscode(): string {
    const pick = (): string =>
      PASSCODE_ALPHABET.charAt(unbiased(this.#options.random, PASSCODE_ALPHABET.length));
    return Array.from({ length: PASSCODE_LENGTH }, pick).join('');
  }
}

/** Uniform in [0, below): the remainder alone would prefer small values. */
function unbiased(random: Pick<Random, 'uint32'>, below: number): number {
  const limit = 2 ** 32 - (2 ** 32 % below);
  for (;;) {
    const value = random.uint32();
    if (value < limit) return value % below;
  }
}

const isDifferent = (a: MeetingPlan['settings'], b: MeetingPlan['settings']): boolean =>
  JSON.stringify(a) !== JSON.stringify(b);

const Cursor = z.tuple([z.int().min(0), MeetingIdSchema]);

const writeCursor = ({ sortAtMs, id }: PageCursor): string =>
  Buffer.from(JSON.stringify([sortAtMs, id])).toString('base64url');

function readCursor(text: string): PageCursor {
  try {
    const [sortAtMs, id] = Cursor.parse(JSON.parse(Buffer.from(text, 'base64url').toString('utf8')));
    return { sortAtMs, id };
  } catch {
    throw refuse('request.invalid', {
      field: 'cursor',
      sentence: 'This cursor was not given by this server.',
    });
  }
}
