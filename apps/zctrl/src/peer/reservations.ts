import {
  afterPeer,
  afterWitness,
  answerReserve,
  mayOrder,
  nextEpoch,
  promiseMs,
  type Attempt,
  type Knowledge,
  type MeetingId,
  type NextStep,
  type NodeId,
  type ReserveAsk,
} from '@guildhall/domain';
import type { Clock, Logger, Timer } from '@guildhall/kit';
import type { OpenPlace } from '@guildhall/protocol';
import { GuildhallError } from '@guildhall/rpc';
import type { MeetingStorePort, Reserved, ReservePort, SeatPlace } from '../types.ts';
import type { PeerPort, WitnessPort } from './types.ts';

/** Pause before the other controller, which is opening the meeting itself, is asked again. */
const busyPauseMs = 30;
/** Well within the ten seconds for which the cloud remembers a claim. */
const renewEveryMs = 4_000;
const claimsAtOnce = 200;

interface ReservationsOptions {
  readonly self: NodeId;
  readonly peer: PeerPort;
  readonly witness: WitnessPort;
  readonly store: Pick<MeetingStorePort, 'epochOf' | 'raiseEpoch'>;
  readonly placeOf: (meetingId: MeetingId) => OpenPlace | null;
  readonly places: () => readonly { readonly meetingId: MeetingId; readonly place: OpenPlace }[];
  readonly clock: Clock;
  readonly logger: Logger;
}

interface Entry {
  attempt: Attempt | null;
  promisedUntilMs: number | null;
}

type Ask = Parameters<ReservePort['reserve']>[0];
interface Decided {
  readonly step: NextStep;
  /** With addresses, when the step is to use it. */
  readonly place: OpenPlace | null;
}

/** Both sides of a reservation: asks before this controller opens a meeting, and answers the other one. */
export class Reservations implements ReservePort {
  readonly #options: ReservationsOptions;
  readonly #entries = new Map<MeetingId, Entry>();
  readonly #stopWatching: () => void;
  readonly #renewTimer: Timer;
  #isClosed = false;

  constructor(options: ReservationsOptions) {
    this.#options = options;
    this.#renewTimer = options.clock.setInterval(() => {
      this.#forgetOld();
      void this.#claimAll();
    }, renewEveryMs);
    this.#stopWatching = options.peer.onChange(() => void this.#claimAll());
  }

  async reserve(ask: Ask): Promise<Reserved> {
    const { clock } = this.#options;
    const { meetingId } = ask;
    // Longer than the other one's promise lasts, also for a reopening that need not wait for routers.
    const byMs = Math.max(ask.untilMs, clock.monotonicMs() + 2 * promiseMs);
    for (;;) {
      const entry = this.#entryOf(meetingId);
      entry.attempt = { stage: 'asking', yielded: false };
      const askedAtMs = clock.monotonicMs();
      let decided: Decided;
      try {
        decided = await this.#ask(ask);
      } catch (error) {
        entry.attempt = null;
        throw error;
      }
      const { step, place } = decided;
      if (step.kind === 'order') return this.#granted(meetingId, entry, step.epoch, askedAtMs);
      entry.attempt = null;
      if (place) return { kind: 'elsewhere', place };
      if (clock.monotonicMs() >= byMs || this.#isClosed) throw busy();
      await this.#pause();
    }
  }

  move(meetingId: MeetingId, steps: number): Extract<Reserved, { kind: 'granted' }> {
    const { store, self } = this.#options;
    return {
      kind: 'granted',
      epoch: nextEpoch(store.epochOf(meetingId), self, steps),
      use: () => true,
      done: () => undefined,
    };
  }

  /** The other controller asks. @throws GuildhallError `store.unavailable` */
  answer(meetingId: MeetingId, ask: ReserveAsk) {
    const { self, store, clock } = this.#options;
    const { answer, next } = answerReserve(this.#knowledge(meetingId), self, ask, clock.monotonicMs());
    if (answer.kind === 'granted') {
      // On disk before it is told: after a restart this controller must not give out an older one.
      store.raiseEpoch(meetingId, next.epoch);
      const entry = this.#entryOf(meetingId);
      entry.attempt = next.attempt;
      entry.promisedUntilMs = next.promisedUntilMs;
      return answer;
    }
    const place = this.#options.placeOf(meetingId);
    return answer.kind === 'open' && place ? { kind: 'open' as const, place } : { kind: 'busy' as const };
  }

  /** Idempotent. */
  close(): void {
    this.#isClosed = true;
    this.#stopWatching();
    this.#renewTimer.cancel();
  }

  #granted(meetingId: MeetingId, entry: Entry, epoch: number, askedAtMs: number): Reserved {
    const { clock, logger } = this.#options;
    return {
      kind: 'granted',
      epoch,
      use: () => {
        if (!mayOrder(this.#knowledge(meetingId), askedAtMs, clock.monotonicMs())) {
          logger.info({ meetingId, epoch }, 'a reservation ran out before it was used; asking again');
          return false;
        }
        entry.attempt = { stage: 'ordered', yielded: false };
        return true;
      },
      done: () => {
        entry.attempt = null;
      },
    };
  }

  async #ask({ meetingId, router, steps }: Ask): Promise<Decided> {
    const { peer, self, clock } = this.#options;
    const { epoch } = this.#knowledge(meetingId);
    const said = await peer.reserve({ meetingId, epoch, steps });
    const remote = said.kind === 'open' ? said.place : null;
    const step = afterPeer(this.#knowledge(meetingId), self, said, { steps, nowMs: clock.monotonicMs() });
    if (step.kind !== 'ask-witness') return this.#decided(meetingId, step, remote);
    return this.#askWitness(meetingId, router, steps);
  }

  async #askWitness(meetingId: MeetingId, router: SeatPlace, steps: number): Promise<Decided> {
    const { witness, self } = this.#options;
    const { routerId, signallingUrls } = router;
    const epoch = nextEpoch(this.#knowledge(meetingId).epoch, self, steps);
    const place = { routerId, signallingUrls: [...signallingUrls], epoch };
    const [said = { kind: 'silent' as const }] = await witness.claim([{ meetingId, place }]);
    const step = afterWitness(this.#knowledge(meetingId), self, said, { steps });
    return this.#decided(meetingId, step, said.kind === 'held' ? said.place : null);
  }

  #decided(meetingId: MeetingId, step: NextStep, remote: OpenPlace | null): Decided {
    return { step, place: step.kind === 'use' ? (this.#options.placeOf(meetingId) ?? remote) : null };
  }

  /** While the other one is silent the cloud is told what is open here, so that it is not opened there as well. */
  async #claimAll(): Promise<void> {
    const { peer, witness, places } = this.#options;
    if (!peer.isAlone || this.#isClosed) return;
    const all = places();
    for (let at = 0; at < all.length && peer.isAlone; at += claimsAtOnce) {
      await witness.claim(all.slice(at, at + claimsAtOnce));
    }
  }

  #knowledge(meetingId: MeetingId): Knowledge {
    const { store, placeOf } = this.#options;
    const entry = this.#entries.get(meetingId);
    return {
      epoch: store.epochOf(meetingId),
      place: placeOf(meetingId),
      attempt: entry?.attempt ?? null,
      promisedUntilMs: entry?.promisedUntilMs ?? null,
    };
  }

  #entryOf(meetingId: MeetingId): Entry {
    const known = this.#entries.get(meetingId);
    if (known) return known;
    const entry = { attempt: null, promisedUntilMs: null };
    this.#entries.set(meetingId, entry);
    return entry;
  }

  #forgetOld(): void {
    const nowMs = this.#options.clock.monotonicMs();
    for (const [meetingId, { attempt, promisedUntilMs }] of this.#entries) {
      if (attempt === null && (promisedUntilMs ?? 0) <= nowMs) this.#entries.delete(meetingId);
    }
  }

  #pause(): Promise<void> {
    return new Promise((resume) => void this.#options.clock.setTimeout(resume, busyPauseMs));
  }
}

function busy(): GuildhallError {
  const sentence = 'The other zone controller is opening this meeting and is not done yet. Try again.';
  return new GuildhallError('zone.open-failed', sentence, { retryAfterMs: 500 });
}
