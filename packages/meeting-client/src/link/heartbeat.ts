import { quietLinkMs } from '@guildhall/protocol';
import { isGuildhallError, type LinkClock, type TimerHandle } from '@guildhall/rpc';
import type { MeetingPeer } from './slot.ts';

/** How long the answer may take. Twice the round trip of a satellite; a wrong suspicion costs one new socket. */
const ANSWER_MS = 1_300;

export interface HeartbeatOptions {
  readonly clock: LinkClock;
  /** Asks anything harmless; a refusal is an answer. */
  readonly ask: (peer: MeetingPeer, deadlineMs: number) => Promise<unknown>;
  readonly onDead: (peer: MeetingPeer) => void;
}

/**
 * Notices within three seconds that the other end is gone without a word: browsers do not tell of a dead link, and hide
 * the pings of the protocol from pages. A meeting in which somebody speaks is never asked, for it is never quiet.
 */
export class Heartbeat {
  readonly #options: HeartbeatOptions;
  #peer: MeetingPeer | undefined;
  #heardAtMs = 0;
  #timer: TimerHandle | undefined;
  #unwatch: (() => void) | undefined;
  #isAsking = false;

  constructor(options: HeartbeatOptions) {
    this.#options = options;
  }

  /** Watches this link from now on, instead of the one of before. */
  watch(peer: MeetingPeer): void {
    this.stop();
    this.#peer = peer;
    this.#heard();
    this.#unwatch = peer.onAny(() => this.#heard());
    this.#schedule();
  }

  /** The network may have changed: asks at once. */
  now(): void {
    if (this.#peer) void this.#ask(this.#peer);
  }

  /** Idempotent. */
  stop(): void {
    this.#timer?.cancel();
    this.#unwatch?.();
    this.#unwatch = undefined;
    this.#peer = undefined;
  }

  #heard(): void {
    this.#heardAtMs = this.#options.clock.now();
  }

  #schedule(): void {
    this.#timer?.cancel();
    const peer = this.#peer;
    if (!peer) return;
    const { clock } = this.#options;
    const quietMs = clock.now() - this.#heardAtMs;
    // A wall clock that was set must neither ask all the time nor never again.
    const waitMs = Math.min(quietLinkMs, Math.max(1, quietLinkMs - quietMs));
    this.#timer = clock.setTimeout(() => {
      if (clock.now() - this.#heardAtMs >= quietLinkMs) void this.#ask(peer);
      else this.#schedule();
    }, waitMs);
  }

  async #ask(peer: MeetingPeer): Promise<void> {
    if (this.#isAsking || this.#peer !== peer) return;
    this.#isAsking = true;
    const askedAtMs = this.#options.clock.now();
    try {
      await this.#options.ask(peer, ANSWER_MS);
      this.#heard();
    } catch (error) {
      if (!isGuildhallError(error, 'request.timeout')) this.#heard();
      else if (this.#peer === peer && this.#heardAtMs <= askedAtMs) this.#options.onDead(peer);
    } finally {
      this.#isAsking = false;
    }
    if (this.#peer === peer) this.#schedule();
  }
}
