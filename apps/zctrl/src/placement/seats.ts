import type { MeetingId, ParticipantId } from '@guildhall/domain';
import type { Clock } from '@guildhall/kit';
import type { LinkedRouter } from '../types.ts';

/** As long as the registry counts somebody as on the way. */
const heldMs = 10_000;

interface Seat {
  readonly meetingId: MeetingId;
  readonly router: LinkedRouter;
  readonly sinceMs: number;
}

/**
 * Seats given to people who are on their way. Whoever finds the router slow asks again, several times and at every
 * controller: that is one person on one seat, not a crowd that fills the router, and the answer stays the same as long as
 * it is a good one.
 */
export class Seats {
  readonly #clock: Clock;
  /** The oldest first. */
  readonly #held = new Map<ParticipantId, Seat>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /**
   * The router this person was sent to a moment ago, if it is still a good answer.
   * @param isGood asked of that router; when not, its seat is free again
   */
  heldBy(
    participantId: ParticipantId,
    meetingId: MeetingId,
    isGood: (router: LinkedRouter) => boolean,
  ): LinkedRouter | undefined {
    this.#forgetOld();
    const seat = this.#held.get(participantId);
    if (!seat) return undefined;
    if (seat.meetingId === meetingId && isGood(seat.router)) return seat.router;
    this.#held.delete(participantId);
    seat.router.pendingParticipants = Math.max(0, seat.router.pendingParticipants - 1);
    return undefined;
  }

  /** Counts somebody who is sent there now. */
  take(participantId: ParticipantId | undefined, meetingId: MeetingId, router: LinkedRouter): void {
    router.pendingParticipants += 1;
    if (participantId === undefined) return;
    this.#held.delete(participantId);
    this.#held.set(participantId, { meetingId, router, sinceMs: this.#clock.monotonicMs() });
  }

  #forgetOld(): void {
    const nowMs = this.#clock.monotonicMs();
    for (const [participantId, { sinceMs }] of this.#held) {
      if (nowMs - sinceMs < heldMs) return;
      this.#held.delete(participantId);
    }
  }
}
