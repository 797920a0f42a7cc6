import type { ParticipantId } from '@guildhall/domain';
import type { Clock, Timer } from '@guildhall/kit';

/** How long somebody stays the active speaker at least: less makes a lively talk flicker. */
const holdMs = 1_500;

/** Who is shown as speaking: follows the engine's opinion, but never more often than every 1.5 s. */
export class ActiveSpeaker {
  readonly #clock: Clock;
  readonly #changed: (participantId: ParticipantId) => void;
  #current: ParticipantId | undefined;
  #candidate: ParticipantId | undefined;
  #changedAtMs = -Infinity;
  #timer: Timer | undefined;

  constructor(clock: Clock, changed: (participantId: ParticipantId) => void) {
    this.#clock = clock;
    this.#changed = changed;
  }

  suggest(participantId: ParticipantId): void {
    this.#candidate = participantId;
    if (this.#timer || participantId === this.#current) return;
    const waitMs = this.#changedAtMs + holdMs - this.#clock.monotonicMs();
    if (waitMs <= 0) return this.#follow();
    this.#timer = this.#clock.setTimeout(() => {
      this.#timer = undefined;
      this.#follow();
    }, waitMs);
  }

  /** Somebody who is gone and comes back is announced again. */
  forget(participantId: ParticipantId): void {
    if (this.#current === participantId) this.#current = undefined;
    if (this.#candidate === participantId) this.#candidate = undefined;
  }

  close(): void {
    this.#timer?.cancel();
  }

  #follow(): void {
    if (this.#candidate === undefined || this.#candidate === this.#current) return;
    this.#current = this.#candidate;
    this.#changedAtMs = this.#clock.monotonicMs();
    this.#changed(this.#current);
  }
}
