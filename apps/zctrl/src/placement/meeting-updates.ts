import type { MeetingId } from '@guildhall/domain';
import type { Clock, Logger, Timer } from '@guildhall/kit';
import type { MeetingUpdateOrder, OpenPlace } from '@guildhall/protocol';
import { isGuildhallError } from '@guildhall/rpc';
import type { RegistryPort } from '../types.ts';

/** A router that has the meeting only just now, or is giving it away, takes a change a moment later. */
const retryAfterMs = 500;

interface UpdatesOptions {
  readonly meetings: {
    placeOf(meetingId: MeetingId): OpenPlace | null;
    /** What is open, and what is to be opened again. */
    readonly running: readonly MeetingId[];
  };
  readonly registry: Pick<RegistryPort, 'get'>;
  readonly clock: Clock;
  readonly logger: Logger;
}

/**
 * Brings what was changed in the portal to the router that has the meeting, in order. While it is on no router, because
 * it moves or its router died, the change waits for the next one. What does not run needs nothing: the ticket that opens it
 * holds the change.
 */
export class MeetingUpdates {
  readonly #options: UpdatesOptions;
  readonly #waiting = new Map<MeetingId, MeetingUpdateOrder[]>();
  readonly #bringing = new Set<MeetingId>();
  #retry: Timer | undefined;
  #isClosed = false;

  constructor(options: UpdatesOptions) {
    this.#options = options;
  }

  take(update: MeetingUpdateOrder): void {
    const { meetingId } = update;
    if (this.#isClosed || !this.#options.meetings.running.includes(meetingId)) return;
    const waiting = this.#waiting.get(meetingId) ?? [];
    this.#waiting.set(meetingId, waiting);
    waiting.push(update);
    void this.#bring(meetingId, waiting);
  }

  /** A router came, went, or has other meetings. */
  look(): void {
    for (const [meetingId, waiting] of this.#waiting) void this.#bring(meetingId, waiting);
  }

  /** Idempotent. */
  close(): void {
    this.#isClosed = true;
    this.#retry?.cancel();
    this.#waiting.clear();
  }

  async #bring(meetingId: MeetingId, waiting: MeetingUpdateOrder[]): Promise<void> {
    if (this.#bringing.has(meetingId)) return;
    this.#bringing.add(meetingId);
    for (let next = waiting[0]; next; next = waiting[0]) {
      if (!(await this.#isDone(next))) break;
      waiting.shift();
    }
    this.#bringing.delete(meetingId);
    const isOver = !this.#options.meetings.running.includes(meetingId);
    if (waiting.length === 0 || isOver) this.#waiting.delete(meetingId);
    else this.#later();
  }

  async #isDone(update: MeetingUpdateOrder): Promise<boolean> {
    const { meetings, registry, logger } = this.#options;
    const { meetingId } = update;
    const place = meetings.placeOf(meetingId);
    const router = place && registry.get(place.routerId);
    if (!router) return false;
    try {
      return await router.link.updateMeeting(update);
    } catch (error) {
      // In force, or a router of before: asking again changes nothing.
      const isFinal =
        isGuildhallError(error, 'meeting.not-stored') || isGuildhallError(error, 'request.unknown-method');
      const { routerId } = router;
      logger.warn(
        { err: error, meetingId, routerId, isFinal },
        'a router did not take a change of a meeting',
      );
      return isFinal;
    }
  }

  #later(): void {
    if (this.#isClosed) return;
    this.#retry ??= this.#options.clock.setTimeout(() => {
      this.#retry = undefined;
      this.look();
    }, retryAfterMs);
  }
}
