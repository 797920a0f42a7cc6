import type { Clock, Timer } from '@guildhall/kit';

/** A layer that is wanted again is asked for at once; one that is not is kept a little: people scroll and come back. */
const lowerAfterMs = 2_000;

/** The highest layer of one track that anybody watches, told to its sender. */
export class Demand {
  readonly #clock: Clock;
  readonly #watched: () => number;
  readonly #tell: (maxSpatialLayer: number) => void;
  /** What the sender does now: at the beginning it sends everything. */
  #told: number;
  #timer: Timer | undefined;
  #closed = false;

  /** @param watched the highest layer that is watched now, -1 for none */
  constructor(
    clock: Clock,
    highestLayer: number,
    watched: () => number,
    tell: (maxSpatialLayer: number) => void,
  ) {
    this.#clock = clock;
    this.#told = highestLayer;
    this.#watched = watched;
    this.#tell = tell;
    this.update();
  }

  get told(): number {
    return this.#told;
  }

  update(): void {
    if (this.#closed) return;
    const watched = this.#watched();
    if (watched > this.#told) this.#say(watched);
    if (watched >= this.#told) {
      this.#timer?.cancel();
      this.#timer = undefined;
    } else {
      this.#timer ??= this.#clock.setTimeout(() => {
        this.#timer = undefined;
        const now = this.#watched();
        if (now !== this.#told) this.#say(now);
      }, lowerAfterMs);
    }
  }

  /** The sender may have missed it. */
  repeat(): void {
    this.#tell(this.#told);
  }

  close(): void {
    this.#closed = true;
    this.#timer?.cancel();
  }

  #say(layer: number): void {
    this.#told = layer;
    this.#tell(layer);
  }
}
