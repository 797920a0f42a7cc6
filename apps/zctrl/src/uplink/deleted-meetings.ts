import type { EndReason, MeetingId } from '@guildhall/domain';
import type { Clock, Logger } from '@guildhall/kit';
import { maxMeetingsChecked } from '@guildhall/protocol';
import { isGuildhallError } from '@guildhall/rpc';

/** A cloud that could not answer is not asked again before that. */
const retryAfterMs = 5_000;

interface DeletedMeetingsOptions {
  /** Everything that runs in the zone, or would be opened again, as far as this controller knows. */
  readonly running: () => readonly MeetingId[];
  readonly endMeeting: (meetingId: MeetingId, reason: EndReason) => Promise<void>;
  readonly clock: Pick<Clock, 'monotonicMs'>;
  readonly logger: Logger;
}

/** Asks the cloud which of these were deleted. */
type Ask = (meetingIds: MeetingId[]) => Promise<{ readonly deleted: readonly MeetingId[] }>;

/**
 * Ends what was deleted in the portal while no controller of the zone was there to be told. Each meeting is asked about
 * once for each link, when the link opens or when the meeting is seen to run. Rejected: the cloud telling all that was
 * deleted, for it does not know for how long a zone was away, nor what runs there.
 */
export class DeletedMeetings {
  readonly #options: DeletedMeetingsOptions;
  #asked = new Set<MeetingId>();
  #ask: Ask | undefined;
  #isAsking = false;
  #notBeforeMs = -Infinity;

  constructor(options: DeletedMeetingsOptions) {
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
          .sampled('deleted-meetings', 60_000)
          .warn(
            { err: error },
            'the cloud could not be asked which meetings were deleted; it is asked again',
          );
      })
      .finally(() => {
        this.#isAsking = false;
      });
  }

  async #check(fresh: readonly MeetingId[], ask: Ask): Promise<void> {
    for (let at = 0; at < fresh.length; at += maxMeetingsChecked) {
      const meetingIds = fresh.slice(at, at + maxMeetingsChecked);
      const deleted = await this.#answer(meetingIds, ask);
      // Another link by now: it is asked from the beginning.
      if (this.#ask !== ask) return;
      for (const meetingId of deleted) {
        this.#options.logger.info(
          { meetingId },
          'a meeting was deleted in the portal meanwhile; it is ended',
        );
        await this.#options.endMeeting(meetingId, 'ended-by-portal');
      }
      for (const meetingId of meetingIds) this.#asked.add(meetingId);
    }
  }

  async #answer(meetingIds: MeetingId[], ask: Ask): Promise<readonly MeetingId[]> {
    try {
      return (await ask(meetingIds)).deleted;
    } catch (error) {
      if (this.#ask === ask && !isGuildhallError(error, 'request.unknown-method')) throw error;
      // A cloud of before, or a link that is gone.
      return [];
    }
  }
}
