import type { EndReason, MeetingId } from '@guildhall/domain';
import type { Clock, Logger } from '@guildhall/kit';
import type { PortalChanges } from '@guildhall/protocol';
import { isGuildhallError } from '@guildhall/rpc';

/** Changed topics and settings of as many fit in one message of the link. */
const askedAtOnce = 500;
/** A cloud that could not answer is not asked again before that. */
const retryAfterMs = 5_000;

interface MeetingCheckOptions {
  /** Everything that runs in the zone, or would be opened again, as far as this controller knows. */
  readonly running: () => readonly MeetingId[];
  readonly endMeeting: (meetingId: MeetingId, reason: EndReason) => Promise<void>;
  /** Its owner changed a meeting in the portal, which it may not have heard of. */
  readonly onMissed: (missed: PortalChanges) => void;
  readonly clock: Pick<Clock, 'monotonicMs'>;
  readonly logger: Logger;
}

/** Asks the cloud which of these were deleted, and what was changed of the others. */
type Ask = (meetingIds: MeetingId[]) => Promise<{
  readonly deleted: readonly MeetingId[];
  readonly changed?: readonly PortalChanges[] | undefined;
}>;

/**
 * Ends what was deleted in the portal while no controller of the zone was there to be told, and has what was changed
 * there brought to the meetings that go on. Each meeting is asked about once for each link, when the link opens or when
 * the meeting is seen to run. Rejected: the cloud telling all that was deleted or changed, for it does not know for how
 * long a zone was away, nor what runs there.
 */
export class MeetingCheck {
  readonly #options: MeetingCheckOptions;
  #asked = new Set<MeetingId>();
  #ask: Ask | undefined;
  #isAsking = false;
  #notBeforeMs = -Infinity;

  constructor(options: MeetingCheckOptions) {
    this.#options = options;
  }

  /** A new link to the cloud, or none. */
  linked(ask: Ask | undefined): void {
    this.#ask = ask;
    this.#asked = new Set();
    this.#notBeforeMs = -Infinity;
  }

  /** To be called whenever something may have begun to run; does nothing when all that runs was asked about. */
  look(): void {
    const { running, clock, logger } = this.#options;
    if (this.#isAsking || !this.#ask || clock.monotonicMs() < this.#notBeforeMs) return;
    const now = running();
    // What is over is forgotten: should it begin again, it is asked about again.
    this.#asked = new Set(now.filter((meetingId) => this.#asked.has(meetingId)));
    const fresh = now.filter((meetingId) => !this.#asked.has(meetingId));
    if (fresh.length === 0) return;
    this.#isAsking = true;
    void this.#check(fresh, this.#ask)
      .catch((error: unknown) => {
        this.#notBeforeMs = clock.monotonicMs() + retryAfterMs;
        logger
          .sampled('meeting-check', 60_000)
          .warn(
            { err: error },
            'the cloud could not be asked which meetings were deleted or changed; it is asked again',
          );
      })
      .finally(() => {
        this.#isAsking = false;
      });
  }

  async #check(fresh: readonly MeetingId[], ask: Ask): Promise<void> {
    for (let at = 0; at < fresh.length; at += askedAtOnce) {
      const meetingIds = fresh.slice(at, at + askedAtOnce);
      const { deleted, changed = [] } = await this.#answer(meetingIds, ask);
      // Another link by now: it is asked from the beginning.
      if (this.#ask !== ask) return;
      for (const meetingId of deleted) {
        this.#options.logger.info(
          { meetingId },
          'a meeting was deleted in the portal meanwhile; it is ended',
        );
        await this.#options.endMeeting(meetingId, 'ended-by-portal');
      }
      for (const missed of changed) this.#options.onMissed(missed);
      for (const meetingId of meetingIds) this.#asked.add(meetingId);
    }
  }

  async #answer(meetingIds: MeetingId[], ask: Ask): ReturnType<Ask> {
    try {
      return await ask(meetingIds);
    } catch (error) {
      if (this.#ask === ask && !isGuildhallError(error, 'request.unknown-method')) throw error;
      // A cloud of before, or a link that is gone.
      return { deleted: [] };
    }
  }
}
