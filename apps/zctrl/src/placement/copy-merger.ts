import type { MeetingId } from '@guildhall/domain';
import type { Clock, Logger, Timer } from '@guildhall/kit';
import type { LinkedRouter, MeetingStorePort, StoredCopy } from '../types.ts';

/** How long people of an outdated copy may be held there while the other learns what was decided among them. */
const withinMs = 1_000;
const retryMs = 1_000;

interface MergerOptions {
  readonly store: Pick<MeetingStorePort, 'latestOf' | 'leftoversOf' | 'onLeftover'>;
  readonly ownerOf: (meetingId: MeetingId) => LinkedRouter | undefined;
  readonly clock: Clock;
  readonly logger: Logger;
}

/**
 * Brings what was decided in copies of a meeting that are over to the one that goes on. A leftover is forgotten by the
 * store when a checkpoint of that one includes it, so telling it again is harmless and a lost answer only a delay.
 */
export class CopyMerger {
  readonly #options: MergerOptions;
  readonly #running = new Map<MeetingId, Promise<void>>();
  readonly #retries = new Map<MeetingId, Timer>();
  readonly #stopWatching: () => void;
  #isClosed = false;

  constructor(options: MergerOptions) {
    this.#options = options;
    this.#stopWatching = options.store.onLeftover((meetingId) => this.found(meetingId));
  }

  /** The meeting is open somewhere, or has a leftover: perhaps both now. */
  found(meetingId: MeetingId): void {
    if (this.#isClosed || this.#running.has(meetingId)) return;
    if (this.#options.store.leftoversOf(meetingId).length === 0) return;
    const run = this.#tellLeftovers(meetingId).finally(() => this.#running.delete(meetingId));
    this.#running.set(meetingId, run);
  }

  merged(meetingId: MeetingId): Promise<void> {
    return this.#soon(this.#running.get(meetingId) ?? Promise.resolve());
  }

  /** Tells the winner what the copy that gives way had stored last; resolves when done or not possible soon. */
  giveWay(copy: { meetingId: MeetingId; epoch: number }, winner: LinkedRouter): Promise<void> {
    const latest = this.#options.store.latestOf(copy.meetingId);
    this.found(copy.meetingId);
    const running = this.#running.get(copy.meetingId);
    const told = latest?.epoch === copy.epoch ? this.#tell(winner, latest) : undefined;
    return this.#soon(Promise.all([running, told]).then(() => undefined));
  }

  /** Idempotent. */
  close(): void {
    this.#isClosed = true;
    this.#stopWatching();
    for (const timer of this.#retries.values()) timer.cancel();
    this.#retries.clear();
  }

  async #tellLeftovers(meetingId: MeetingId): Promise<void> {
    const { store, ownerOf } = this.#options;
    for (const copy of store.leftoversOf(meetingId)) {
      const owner = ownerOf(meetingId);
      // Found again as soon as somebody has it open.
      if (!owner || this.#isClosed) return;
      if (!(await this.#tell(owner, copy))) this.#retryLater(meetingId);
    }
  }

  async #tell(router: LinkedRouter, copy: StoredCopy): Promise<boolean> {
    try {
      return await router.link.mergeMeeting(copy);
    } catch (error) {
      const { meetingId } = copy;
      this.#options.logger
        .sampled('merge', 10_000)
        .warn(
          { err: error, meetingId, routerId: router.routerId },
          'two copies of a meeting are not merged yet',
        );
      return false;
    }
  }

  #retryLater(meetingId: MeetingId): void {
    if (this.#isClosed || this.#retries.has(meetingId)) return;
    const again = (): void => {
      this.#retries.delete(meetingId);
      this.found(meetingId);
    };
    this.#retries.set(meetingId, this.#options.clock.setTimeout(again, retryMs));
  }

  async #soon(work: Promise<void>): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const timer = this.#options.clock.setTimeout(resolve, withinMs);
    await Promise.race([work, promise]);
    timer.cancel();
  }
}
