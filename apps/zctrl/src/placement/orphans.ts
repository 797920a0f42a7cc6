import type { MeetingId } from '@guildhall/domain';
import type { Clock, Logger, Timer } from '@guildhall/kit';
import type { MeetingStorePort, PolicyPort, RegistryPort } from '../types.ts';

/**
 * After a start the routers need a moment to dial in and say what they have open. Until then a meeting that the disk
 * says was open is not opened anew: it is most likely running on a router that has not reported yet. Nor is any other
 * while a router is missing in a zone of two controllers: the other one may have opened it there, and be gone by now.
 */
const settlingMs = 3_000;
const reopenAtOnce = 8;
/** A router whose link only broke is back within this. Its people have not noticed, and must not be moved for that. */
const flickerMs = 600;

interface OrphansOptions {
  readonly store: Pick<MeetingStorePort, 'openMeetings'>;
  readonly registry: Pick<RegistryPort, 'all'>;
  readonly policy: Pick<PolicyPort, 'current'>;
  /** Opens it on another router, in its turn, if it is still an orphan then. */
  readonly reopen: (meetingId: MeetingId) => Promise<void>;
  readonly clock: Clock;
  readonly logger: Logger;
}

/**
 * Meetings that were open on a router that is gone, or are open on disk and no router has reported them: which they are,
 * and when they are opened again.
 */
export class Orphans {
  readonly #options: OrphansOptions;
  readonly #ids = new Set<MeetingId>();
  /** Resolvers of those who wait for a meeting to be reported while the controller settles. */
  readonly #reported = new Map<MeetingId, PromiseWithResolvers<void>>();
  /** Of those the meetings that the disk does not know: once every router has reported they are open nowhere. */
  readonly #unknown = new Set<MeetingId>();
  readonly #settleTimer: Timer;
  #reopenTimer: Timer | undefined;
  #isSettled = false;
  #isClosed = false;
  #reopening: 'idle' | 'running' | 'again' = 'idle';

  constructor(options: OrphansOptions) {
    this.#options = options;
    for (const { meetingId } of options.store.openMeetings()) {
      this.#ids.add(meetingId);
      this.#reported.set(meetingId, Promise.withResolvers());
    }
    this.#settleTimer = options.clock.setTimeout(() => this.#settle(), settlingMs);
  }

  get ids(): ReadonlySet<MeetingId> {
    return this.#ids;
  }

  /** Their router is gone: they are opened elsewhere unless it is back in a moment. */
  add(meetingIds: Iterable<MeetingId>): void {
    for (const meetingId of meetingIds) this.#ids.add(meetingId);
    this.#reopenTimer ??= this.#options.clock.setTimeout(() => {
      this.#reopenTimer = undefined;
      this.look();
    }, flickerMs);
  }

  /** It has a router, or is over. */
  delete(meetingId: MeetingId): void {
    this.#ids.delete(meetingId);
  }

  /** A router has said what becomes of it: who waits for that goes on. */
  reported(meetingId: MeetingId): void {
    this.#reported.get(meetingId)?.resolve();
    this.#reported.delete(meetingId);
    this.#unknown.delete(meetingId);
  }

  /** A router has said all that it has open. */
  heard(): void {
    if (this.#unknown.size > 0 && !this.#isRouterMissing())
      for (const one of this.#unknown) this.reported(one);
  }

  /** Resolves when the meeting was reported, or will not be any more. @param untilMs monotonic */
  async untilReported(meetingId: MeetingId, untilMs: number): Promise<void> {
    if (this.#isSettled) return;
    if (!this.#reported.has(meetingId)) {
      if (!this.#isRouterMissing()) return;
      this.#reported.set(meetingId, Promise.withResolvers());
      this.#unknown.add(meetingId);
    }
    const pending = this.#reported.get(meetingId);
    if (!pending) return;
    const { clock } = this.#options;
    const timer = clock.setTimeout(pending.resolve, Math.max(0, untilMs - clock.monotonicMs()));
    await pending.promise;
    timer.cancel();
  }

  /** A router may take meetings: opens at once what has lost its own, before its people even ask. */
  look(): void {
    if (this.#isSettled) void this.#reopenAll();
  }

  /** Idempotent. */
  close(): void {
    this.#isClosed = true;
    this.#settleTimer.cancel();
    this.#reopenTimer?.cancel();
    this.#settle();
  }

  #settle(): void {
    if (this.#isSettled) return;
    this.#isSettled = true;
    for (const { resolve } of this.#reported.values()) resolve();
    this.#reported.clear();
    this.#unknown.clear();
    void this.#reopenAll();
  }

  /** Whether a router may have a meeting that only the other controller knew of. Every VM of a zone runs a router. */
  #isRouterMissing(): boolean {
    const nodes = this.#options.policy.current?.nodes ?? [];
    if (nodes.filter(({ role }) => role === 'controller').length < 2) return false;
    const linked = new Set(this.#options.registry.all().map(({ nodeId }) => nodeId));
    return nodes.some(({ nodeId }) => !linked.has(nodeId));
  }

  async #reopenAll(): Promise<void> {
    if (this.#reopening !== 'idle') {
      // What failed in the round under way may succeed on the router that came meanwhile.
      this.#reopening = 'again';
      return;
    }
    do {
      this.#reopening = 'running';
      if (this.#isClosed || this.#options.registry.all().length === 0) break;
      const waiting = [...this.#ids];
      const worker = async (): Promise<void> => {
        for (let next = waiting.pop(); next; next = waiting.pop()) await this.#reopen(next);
      };
      await Promise.all(Array.from({ length: reopenAtOnce }, worker));
    } while (this.#wantsAnotherRound());
    this.#reopening = 'idle';
  }

  #wantsAnotherRound(): boolean {
    return this.#reopening === 'again';
  }

  /** A failure leaves the orphan where it is: its people's rejoin, or the next router, tries again. */
  async #reopen(meetingId: MeetingId): Promise<void> {
    try {
      await this.#options.reopen(meetingId);
    } catch (error) {
      this.#options.logger
        .sampled('reopen', 1_000)
        .warn({ err: error, meetingId }, 'could not open a meeting again yet');
    }
  }
}
