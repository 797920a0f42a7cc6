import type { MeetingId } from '@guildhall/domain';
import type { Clock, Logger, Timer } from '@guildhall/kit';
import { isGuildhallError } from '@guildhall/rpc';
import type { LinkedRouter } from '../types.ts';

/** Each move has a moment in which people set up media twice: a few at once keep that burst small. */
const movesAtOnce = 2;
const lookAgainMs = 2_000;

interface DrainerOptions {
  readonly routers: () => readonly LinkedRouter[];
  /** Whether a meeting could be placed on the router now. */
  readonly isUsable: (router: LinkedRouter) => boolean;
  readonly meetings: {
    meetingsOn(routerId: LinkedRouter['routerId']): MeetingId[];
    move(meetingId: MeetingId, from: LinkedRouter): Promise<boolean>;
  };
  readonly clock: Clock;
  readonly logger: Logger;
}

/**
 * Empties routers that drain: moves their meetings one after the other to the other routers, as long as one of those
 * has room. Whoever ordered the drain (a person in the portal, the console before a stop, the command line) only told
 * the router; that it drains is in its reports, so every controller knows and a restart forgets nothing.
 */
export class Drainer {
  readonly #options: DrainerOptions;
  readonly #moving = new Set<MeetingId>();
  /** Could not be moved a moment ago. */
  readonly #resting = new Set<MeetingId>();
  readonly #timers = new Set<Timer>();
  #isClosed = false;

  constructor(options: DrainerOptions) {
    this.#options = options;
  }

  /** Something changed about the routers. */
  look(): void {
    if (this.#isClosed) return;
    const { routers, isUsable, meetings } = this.#options;
    const all = routers();
    const draining = all.filter((router) => router.draining);
    if (draining.length === 0 || !all.some(isUsable)) return;
    for (const router of draining) {
      for (const meetingId of meetings.meetingsOn(router.routerId)) {
        if (this.#moving.size >= movesAtOnce) return;
        if (!this.#moving.has(meetingId) && !this.#resting.has(meetingId)) void this.#move(meetingId, router);
      }
    }
  }

  /** Idempotent. */
  close(): void {
    this.#isClosed = true;
    for (const timer of this.#timers) timer.cancel();
  }

  async #move(meetingId: MeetingId, router: LinkedRouter): Promise<void> {
    this.#moving.add(meetingId);
    let hasMoved = false;
    try {
      hasMoved = await this.#options.meetings.move(meetingId, router);
    } catch (error) {
      const why = isGuildhallError(error) ? error.code : 'internal';
      this.#options.logger
        .sampled('drain', 5_000)
        .warn({ meetingId, routerId: router.routerId, why }, 'a meeting could not be moved yet');
    }
    this.#moving.delete(meetingId);
    if (!hasMoved) this.#rest(meetingId);
    this.look();
  }

  #rest(meetingId: MeetingId): void {
    this.#resting.add(meetingId);
    const timer = this.#options.clock.setTimeout(() => {
      this.#timers.delete(timer);
      this.#resting.delete(meetingId);
      this.look();
    }, lookAgainMs);
    this.#timers.add(timer);
  }
}
