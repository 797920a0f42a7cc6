import { World } from './world.ts';
import type { Controller, Router } from './parts.ts';

/** How long a message travels at most. Twice this and the lease of a grant stay within the promise of its grantor. */
const travelMs = 50;
const sliceMs = 10;
/** As the controllers do it. */
const claimEveryMs = 4_000;
/** A process that was killed is not there again sooner. */
const startMs = 1_000;

/**
 * The same zone when messages arrive in time and a controller that is alone tells the witness what it has open. Then the
 * rules promise more than that everything ends well: the meeting is never open twice, not for a moment.
 */
export class TimelyWorld extends World {
  #claimedAtMs = 0;

  /** Time goes by; whatever has travelled long enough arrives. */
  pass(ms: number): void {
    for (let leftMs = ms; leftMs > 0; leftMs -= sliceMs) {
      // What lies in its sockets a process that stood still reads before it believes that nobody answered.
      this.#arrive();
      this.advance(Math.min(sliceMs, leftMs));
      this.#arrive();
      if (this.nowMs - this.#claimedAtMs >= claimEveryMs) this.claimAll();
    }
  }

  /** Long enough for everybody, the witness too, to have heard of everything. */
  calm(): void {
    this.pass(4 * travelMs);
    this.claimAll();
    this.pass(2 * travelMs);
  }

  claimAll(): void {
    this.#claimedAtMs = this.nowMs;
    for (const one of this.controllers) {
      const { place } = one.knowledge;
      if (!one.isUp || one.isPaused || !place || this.isLinked(one.name, this.otherOf(one).name)) continue;
      this.send(one.name, 'w', { kind: 'claim', id: 0, place, from: one.id });
    }
  }

  cutPair(): void {
    this.cutLink('c0', 'c1');
    this.claimAll();
  }

  killFor(one: Controller): void {
    this.kill(one);
    this.claimAll();
    this.pass(startMs);
    this.restart(one);
    this.pass(2 * travelMs);
  }

  /** A router stays in sight of one controller at least: nobody could tell one that is not from a dead one. */
  loseSight(one: Controller, router: Router): void {
    if (!this.isLinked(this.otherOf(one).name, router.name)) return;
    this.calm();
    this.cutLink(one.name, router.name);
    this.calm();
  }

  #arrive(): void {
    for (;;) {
      const at = this.queue.findIndex(({ to, sentAtMs }) => {
        const isPaused = this.controllers.some((one) => one.name === to && one.isPaused);
        return !isPaused && this.nowMs - sentAtMs >= travelMs;
      });
      const [next] = at < 0 ? [] : this.queue.splice(at, 1);
      if (!next) return;
      this.receive(next.from, next.to, next.message);
    }
  }
}
