/**
 * Holds back what must not run yet. Events may follow the answer to hello in the same turn of the event loop, before
 * whoever awaits that answer has gone on; they wait here, in order. Shut, it lets nothing through any more.
 */
export class Gate {
  #waiting: (() => void)[] | undefined = [];
  #isShut = false;

  run(work: () => void): void {
    if (this.#isShut) return;
    if (this.#waiting) this.#waiting.push(work);
    else work();
  }

  open(): void {
    const waiting = this.#waiting ?? [];
    this.#waiting = undefined;
    for (const work of waiting) work();
  }

  shut(): void {
    this.#isShut = true;
  }
}
