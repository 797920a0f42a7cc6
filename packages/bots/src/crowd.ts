import { isGuildhallError } from '@guildhall/rpc';
import { Bot, type BotWish } from './bot.ts';
import type { BotEngine } from './engine/engine.ts';
import type { MediaReport } from './engine/messages.ts';

export interface CrowdResult {
  readonly joined: number;
  readonly failed: number;
  /** How often each reason was given: a registered code, or a sentence. */
  readonly reasons: Readonly<Record<string, number>>;
  /** From asking the portal to media that flows, of those who joined; in the order they finished. */
  readonly joinMs: readonly number[];
}

export interface CrowdOptions {
  readonly engine: BotEngine;
  /** Bots that begin to join within a second. */
  readonly joinsPerSecond: number;
  /** Longest a bot may need to join. */
  readonly joinLimitMs: number;
  readonly signal: AbortSignal;
  readonly onProgress?: (done: { readonly joined: number; readonly failed: number }) => void;
}

/** Resolves after a time, or at once when it is over. */
export const pause = (forMs: number, signal: AbortSignal): Promise<void> =>
  new Promise((wake) => {
    if (forMs <= 0 || signal.aborted) return wake();
    const done = (): void => {
      clearTimeout(timer);
      signal.removeEventListener('abort', done);
      wake();
    };
    const timer = setTimeout(done, forMs);
    signal.addEventListener('abort', done, { once: true });
  });

const reasonOf = (error: unknown): string => {
  if (isGuildhallError(error)) return error.code;
  return error instanceof Error ? error.message : String(error);
};

/** Many bots: joined at a pace, measured together. */
export class Crowd {
  readonly #options: CrowdOptions;
  readonly #bots: Bot[] = [];
  #joined = 0;
  readonly #reasons = new Map<string, number>();
  readonly #joinMs: number[] = [];

  constructor(options: CrowdOptions) {
    this.#options = options;
  }

  /** Those who are in; in the order of their wishes as far as they have joined. */
  get bots(): readonly Bot[] {
    return this.#bots;
  }

  /** Joins all at the pace of the options; resolves when each is in or has failed. Never rejects. */
  async join(wishes: readonly BotWish[]): Promise<CrowdResult> {
    const { signal, joinsPerSecond } = this.#options;
    const begunMs = performance.now();
    const joining: Promise<void>[] = [];
    for (const [index, wish] of wishes.entries()) {
      await pause(begunMs + (index * 1_000) / joinsPerSecond - performance.now(), signal);
      if (signal.aborted) break;
      joining.push(this.#join(wish));
    }
    await Promise.all(joining);
    return this.result();
  }

  result(): CrowdResult {
    const failed = [...this.#reasons.values()].reduce((sum, count) => sum + count, 0);
    return {
      joined: this.#joined,
      failed,
      reasons: Object.fromEntries(this.#reasons),
      joinMs: this.#joinMs,
    };
  }

  /** Measures for that long. Packets still under way get `graceMs` more to arrive. */
  async measure(forMs: number, graceMs = 500): Promise<MediaReport> {
    const { engine, signal } = this.#options;
    engine.begin();
    await pause(forMs, signal);
    engine.end();
    await pause(graceMs, signal);
    return this.report();
  }

  /** What was measured between `engine.begin()` and `engine.end()`. */
  report(): Promise<MediaReport> {
    return this.#options.engine.report(this.#bots.flatMap((bot) => bot.idleReceivers()));
  }

  /** Everybody leaves. Idempotent. */
  leave(): void {
    for (const bot of this.#bots.splice(0)) bot.leave();
  }

  async #join(wish: BotWish): Promise<void> {
    const { engine, signal, joinLimitMs, onProgress } = this.#options;
    const bot = new Bot(engine, wish);
    this.#bots.push(bot);
    const begunMs = performance.now();
    try {
      await bot.join(joinLimitMs);
      this.#joined += 1;
      this.#joinMs.push(performance.now() - begunMs);
    } catch (error) {
      bot.leave();
      this.#bots.splice(this.#bots.indexOf(bot), 1);
      if (signal.aborted) return;
      const reason = reasonOf(error);
      this.#reasons.set(reason, (this.#reasons.get(reason) ?? 0) + 1);
    }
    onProgress?.(this.result());
  }
}
