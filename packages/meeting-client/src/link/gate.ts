/**
 * Holds back what must not run yet. Events may follow the answer to hello in the same turn of the event loop, before
 * whoever awaits that answer has gone on; they wait here, in order.
 */
export class Gate {
  #waiting: (() => void)[] | undefined = [];

  run(work: () => void): void {
    if (this.#waiting) this.#waiting.push(work);
    else work();
  }

  open(): void {
    const waiting = this.#waiting ?? [];
    this.#waiting = undefined;
    for (const work of waiting) work();
  }
}
