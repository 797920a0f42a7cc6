/** What both ends of a link between two routers of a meeting agree on beside the contract. */

export const cascadePath = '/v1/cascade';

/** Carries the branch token; the proof of the node is in `Authorization`. */
export const branchHeader = 'x-guildhall-branch';

/** The whole of a meeting of 2,000 people with a long chat. */
const maxMessageBytes = 8 * 1024 * 1024;

export const cascadeLimits = {
  maxMessageBytes,
  // Everybody behind a branch may ask something at once.
  maxInFlight: 4_096,
  maxBufferedBytes: 4 * maxMessageBytes,
  // The rules refuse what people try; that says nothing about the router that passes it on.
  maxRefusals: 1_000_000,
} as const;

/** Holds back what must not overtake an answer that is still on its way. */
export class Held {
  #waiting: (() => void)[] | undefined = [];

  run(step: () => void): void {
    if (this.#waiting) this.#waiting.push(step);
    else step();
  }

  release(): void {
    const waiting = this.#waiting ?? [];
    this.#waiting = undefined;
    for (const step of waiting) step();
  }
}
