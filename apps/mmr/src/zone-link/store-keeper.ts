import type { MeetingId } from '@guildhall/domain';
import type { Clock, Logger, Timer } from '@guildhall/kit';
import { GuildhallError, isGuildhallError } from '@guildhall/rpc';
import type { StoredMeeting } from '../types.ts';
import type { MeetingEnd, RegisteredController } from './types.ts';

/** How long a decision waits for a controller before its author is told that it may be lost. */
const commitWithinMs = 5_000;
/** Pause before the same controller is asked again after it failed. */
const retryAfterMs = 500;
const maxRememberedEnds = 1_000;

interface Waiter {
  readonly meetingId: MeetingId;
  readonly version: number;
  readonly resolve: () => void;
  readonly reject: (error: GuildhallError) => void;
}

interface Desk {
  readonly controller: RegisteredController;
  /** The version each meeting is known to have there. */
  readonly stored: Map<MeetingId, number>;
  readonly busy: Set<MeetingId>;
}

/**
 * Brings what must survive this router to every controller that is linked: the newest checkpoint of each meeting, and
 * the end of those that are over. Wanted against stored, so a lost link or a failed write only delays it.
 */
export class StoreKeeper {
  readonly #clock: Clock;
  readonly #logger: Logger;
  readonly #meetings = new Map<MeetingId, StoredMeeting>();
  readonly #ends = new Map<MeetingId, { readonly end: MeetingEnd; readonly knownBy: Set<Desk> }>();
  readonly #desks = new Set<Desk>();
  readonly #waiters = new Set<Waiter>();
  readonly #idlers = new Set<() => void>();

  constructor(clock: Clock, logger: Logger) {
    this.#clock = clock;
    this.#logger = logger;
  }

  /** Returns how to take the controller out again. */
  link(controller: RegisteredController): () => void {
    const desk: Desk = { controller, stored: new Map(), busy: new Set() };
    this.#desks.add(desk);
    for (const meetingId of this.#ends.keys()) void this.#tellEnd(desk, meetingId);
    for (const meetingId of this.#meetings.keys()) void this.#put(desk, meetingId);
    return () => this.#desks.delete(desk);
  }

  /** The meeting's newest state is wanted on every disk, from now on. */
  store(meeting: StoredMeeting): void {
    const { meetingId } = meeting;
    this.#ends.delete(meetingId);
    if (this.#meetings.get(meetingId) !== meeting) {
      // Opened anew: its versions count from the beginning.
      for (const desk of this.#desks) desk.stored.delete(meetingId);
      this.#meetings.set(meetingId, meeting);
    }
    for (const desk of this.#desks) void this.#put(desk, meetingId);
  }

  /** @throws meeting.not-stored */
  stored({ meetingId, version }: StoredMeeting): Promise<void> {
    for (const desk of this.#desks) {
      if ((desk.stored.get(meetingId) ?? 0) >= version) return Promise.resolve();
    }
    return this.#wait(meetingId, version);
  }

  /** @throws meeting.not-stored */
  ended(end: MeetingEnd): Promise<void> {
    const { meetingId } = end;
    this.#meetings.delete(meetingId);
    this.#ends.set(meetingId, { end, knownBy: new Set() });
    for (const oldest of this.#ends.keys()) {
      if (this.#ends.size <= maxRememberedEnds) break;
      this.#ends.delete(oldest);
    }
    if (end.reason === 'moved') this.#unacknowledged(meetingId);
    const told = this.#wait(meetingId, Infinity);
    for (const desk of this.#desks) void this.#tellEnd(desk, meetingId);
    return told;
  }

  /** Resolves when nothing is under way any more, or at the deadline. */
  async settled(withinMs: number): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    if (this.#isIdle()) return;
    this.#idlers.add(resolve);
    const timer = this.#clock.setTimeout(resolve, withinMs);
    await promise;
    timer.cancel();
    this.#idlers.delete(resolve);
  }

  #wait(meetingId: MeetingId, version: number): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const waiter: Waiter = { meetingId, version, resolve, reject };
    this.#waiters.add(waiter);
    const timer: Timer = this.#clock.setTimeout(() => {
      const sentence =
        'No zone controller could store this decision, so it may be lost if the router fails. It is in force; repeat it to be sure.';
      reject(new GuildhallError('meeting.not-stored', sentence));
    }, commitWithinMs);
    return promise.finally(() => {
      timer.cancel();
      this.#waiters.delete(waiter);
    });
  }

  #committed(meetingId: MeetingId, version: number): void {
    for (const waiter of this.#waiters) {
      if (waiter.meetingId === meetingId && waiter.version <= version) waiter.resolve();
    }
  }

  /**
   * Another router has the meeting. Whether it knows of what waits here is not for this one to say: the asker repeats it
   * there, where it is done once more or changes nothing.
   */
  #unacknowledged(meetingId: MeetingId): void {
    for (const waiter of this.#waiters) {
      if (waiter.meetingId !== meetingId) continue;
      waiter.reject(
        new GuildhallError('link.closed', 'This meeting goes on on another router; ask again there.'),
      );
    }
  }

  /** One write of a meeting at a time to each controller; what changes meanwhile goes with the next. */
  async #put(desk: Desk, meetingId: MeetingId): Promise<void> {
    if (desk.busy.has(meetingId)) return;
    desk.busy.add(meetingId);
    try {
      for (;;) {
        const meeting = this.#meetings.get(meetingId);
        if (!meeting || !this.#desks.has(desk)) return;
        const { version, epoch, rev } = meeting;
        if ((desk.stored.get(meetingId) ?? 0) >= version) return;
        const checkpoint = meeting.checkpoint();
        await desk.controller.putCheckpoint({ meetingId, epoch, rev, checkpoint });
        if (this.#meetings.get(meetingId) !== meeting) continue;
        desk.stored.set(meetingId, version);
        this.#committed(meetingId, version);
      }
    } catch (error) {
      this.#putFailed(desk, meetingId, error);
    } finally {
      desk.busy.delete(meetingId);
      this.#wakeIdlers();
    }
  }

  #putFailed(desk: Desk, meetingId: MeetingId, error: unknown): void {
    if (!this.#desks.has(desk)) return;
    const meeting = this.#meetings.get(meetingId);
    if (isGuildhallError(error, 'zone.stale-epoch')) {
      this.#logger.warn({ meetingId, epoch: meeting?.epoch }, 'another router owns this meeting now');
      this.#meetings.delete(meetingId);
      meeting?.superseded();
      return;
    }
    this.#logger.sampled('checkpoint', 10_000).warn({ err: error, meetingId }, 'a checkpoint was not stored');
    this.#clock.setTimeout(() => void this.#put(desk, meetingId), retryAfterMs);
  }

  async #tellEnd(desk: Desk, meetingId: MeetingId): Promise<void> {
    const entry = this.#ends.get(meetingId);
    if (!entry || entry.knownBy.has(desk) || !this.#desks.has(desk)) return;
    try {
      await desk.controller.meetingEnded(entry.end);
      entry.knownBy.add(desk);
      this.#committed(meetingId, Infinity);
    } catch (error) {
      if (isGuildhallError(error, 'zone.stale-epoch')) {
        // It goes on elsewhere; what ended here is nobody's concern.
        entry.knownBy.add(desk);
        this.#committed(meetingId, Infinity);
        return;
      }
      if (!this.#desks.has(desk)) return;
      this.#clock.setTimeout(() => void this.#tellEnd(desk, meetingId), retryAfterMs);
    }
  }

  #isIdle(): boolean {
    for (const desk of this.#desks) if (desk.busy.size > 0) return false;
    return true;
  }

  #wakeIdlers(): void {
    if (this.#isIdle()) for (const wake of this.#idlers) wake();
  }
}
