import { claimPlace, crossingRules } from '@guildhall/domain';
import type { Clock, Logger } from '@guildhall/kit';
import type { PipeSender } from '../engine/port.ts';
import type { Voices } from './types.ts';

export interface LinkVoicesOptions {
  readonly voices: () => Voices;
  readonly clock: Pick<Clock, 'monotonicMs'>;
  readonly logger: Logger;
}

/** A voice on the pipe. Commands keep their order, their answers come later: this is what the engine was told last. */
interface Carried {
  readonly sender: PipeSender;
  paused: boolean;
}

/**
 * Which voices cross one link to another router. All that are wanted there are on the pipe; while voices are chosen, those
 * without a place are paused there, so that whoever begins to speak is one command away from being heard.
 */
export class LinkVoices {
  readonly #options: LinkVoicesOptions;
  /** Who has a place, since when. */
  readonly #places = new Map<string, number>();
  readonly #carried = new Map<string, Carried>();

  constructor(options: LinkVoicesOptions) {
    this.#options = options;
  }

  /** How many have a place. */
  get count(): number {
    return this.#places.size;
  }

  /** Whether it is to cross now. */
  flows(trackId: string): boolean {
    return !this.#options.voices().chosen || this.#places.has(trackId);
  }

  /** It is on the pipe now. */
  carry(trackId: string, sender: PipeSender): void {
    this.#carried.set(trackId, { sender, paused: sender.paused });
    this.#align(trackId);
  }

  /** It is not on the pipe any more; its place stays. */
  drop(trackId: string): void {
    this.#carried.delete(trackId);
  }

  began(trackId: string): void {
    this.#claim(trackId, 'speaker');
  }

  held(trackId: string): void {
    this.#claim(trackId, 'holder');
  }

  gone(trackId: string): void {
    if (this.#places.delete(trackId)) this.#align(trackId);
  }

  /** There is a choice now, or no more. */
  chosen(): void {
    if (!this.#options.voices().chosen) this.#places.clear();
    for (const trackId of this.#carried.keys()) this.#align(trackId);
  }

  #claim(trackId: string, as: 'speaker' | 'holder'): void {
    if (this.#places.has(trackId)) return;
    const voices = this.#options.voices();
    const nowMs = this.#options.clock.monotonicMs();
    const crossing = Array.from(this.#places, ([id, sinceMs]) => ({
      id,
      sinceMs,
      lastVoicedMs: voices.lastVoicedMs(id),
      holdsSlot: voices.holds(id),
    }));
    const claim = claimPlace(as, crossing, nowMs, crossingRules(voices.slots));
    if (claim.kind === 'none') return;
    if (claim.kind === 'instead') this.gone(claim.id);
    this.#places.set(trackId, nowMs);
    this.#align(trackId);
  }

  #align(trackId: string): void {
    const carried = this.#carried.get(trackId);
    if (!carried || carried.sender.closed) return;
    const paused = !this.flows(trackId);
    if (paused === carried.paused) return;
    carried.paused = paused;
    const { sender } = carried;
    (paused ? sender.pause() : sender.resume()).catch((error: unknown) => {
      this.#options.logger.debug({ err: error, trackId }, 'a voice left the pipe before it was told');
    });
  }
}
