import type { MeetingId } from '@guildhall/domain';
import type { Clock, Logger, Timer } from '@guildhall/kit';
import type { MeetingUpdateOrder, OpenPlace, PortalChanges } from '@guildhall/protocol';
import { isGuildhallError } from '@guildhall/rpc';
import type { LinkedRouter, RegistryPort } from '../types.ts';

/** A router that has the meeting only just now, or is giving it away, takes a change a moment later. */
const retryAfterMs = 500;

/** A change on its way: brings it to a router; false when that one does not have the meeting. */
type Bring = (router: LinkedRouter['link']) => Promise<boolean>;

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
  readonly #waiting = new Map<MeetingId, Bring[]>();
  readonly #bringing = new Set<MeetingId>();
  #retry: Timer | undefined;
  #isClosed = false;

  constructor(options: UpdatesOptions) {
    this.#options = options;
  }

  take(update: MeetingUpdateOrder): void {
    this.#add(update.meetingId, (router) => router.updateMeeting(update));
  }

  /** What was changed while no controller could be told. It grows older while it waits here. */
  catchUp({ meetingId, changes }: PortalChanges): void {
    const { clock } = this.#options;
    const sinceMs = clock.monotonicMs();
    this.#add(meetingId, (router) => {
      const waitedMs = Math.round(clock.monotonicMs() - sinceMs);
      const aged = changes.map((change) => ({ ...change, agoMs: change.agoMs + waitedMs }));
      return router.catchUpMeeting({ meetingId, changes: aged });
    });
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

  #add(meetingId: MeetingId, change: Bring): void {
    if (this.#isClosed || !this.#options.meetings.running.includes(meetingId)) return;
    const waiting = this.#waiting.get(meetingId) ?? [];
    this.#waiting.set(meetingId, waiting);
    waiting.push(change);
    void this.#bring(meetingId, waiting);
  }

  async #bring(meetingId: MeetingId, waiting: Bring[]): Promise<void> {
    if (this.#bringing.has(meetingId)) return;
    this.#bringing.add(meetingId);
    for (let next = waiting[0]; next; next = waiting[0]) {
      if (!(await this.#isDone(meetingId, next))) break;
      waiting.shift();
    }
    this.#bringing.delete(meetingId);
    const isOver = !this.#options.meetings.running.includes(meetingId);
    if (waiting.length === 0 || isOver) this.#waiting.delete(meetingId);
    else this.#later();
  }

  async #isDone(meetingId: MeetingId, bring: Bring): Promise<boolean> {
    const { meetings, registry, logger } = this.#options;
    const place = meetings.placeOf(meetingId);
    const router = place && registry.get(place.routerId);
    if (!router) return false;
    try {
      return await bring(router.link);
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
