import { Readable } from 'node:stream';
import type { Clock, Timer } from '@guildhall/kit';
import type { LogEvent } from '@guildhall/protocol';

const heartbeatMs = 15_000;
/** What may wait for a slow reader. */
const maxWaitingBytes = 512 * 1024;

interface FeedOptions {
  readonly clock: Clock;
  /** Asked now and then; the feed ends when the reader may not read any more. */
  readonly isAllowed: () => boolean;
  readonly onEnd: () => void;
}

/** Server-sent events (HTML Living Standard §9.2) with bounded memory: what a slow reader cannot take is counted, not kept. */
export class Feed {
  readonly stream: Readable;
  readonly #timer: Timer;
  readonly #onEnd: () => void;
  #dropped = 0;
  #hasEnded = false;

  constructor({ clock, isAllowed, onEnd }: FeedOptions) {
    this.#onEnd = onEnd;
    this.stream = new Readable({ read: () => this.#tellDropped(), highWaterMark: maxWaitingBytes });
    this.stream.once('close', () => this.end());
    this.#timer = clock.setInterval(() => {
      if (isAllowed()) this.#push(': still here\n\n');
      else this.end();
    }, heartbeatMs);
  }

  send(event: LogEvent): void {
    if (this.#hasEnded) return;
    if (this.stream.readableLength >= maxWaitingBytes) {
      this.#dropped++;
      return;
    }
    this.#tellDropped();
    this.#push(`data: ${JSON.stringify(event)}\n\n`);
  }

  /** Idempotent. */
  end(): void {
    if (this.#hasEnded) return;
    this.#hasEnded = true;
    this.#timer.cancel();
    this.#onEnd();
    this.stream.push(null);
  }

  #tellDropped(): void {
    if (this.#dropped === 0) return;
    const event: LogEvent = { kind: 'dropped', lines: this.#dropped };
    this.#dropped = 0;
    this.#push(`data: ${JSON.stringify(event)}\n\n`);
  }

  #push(text: string): void {
    if (!this.#hasEnded) this.stream.push(text);
  }
}
