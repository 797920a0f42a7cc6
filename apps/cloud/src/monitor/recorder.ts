import type { AccountId } from '@guildhall/domain';
import type { Clock, Logger, Timer } from '@guildhall/kit';
import type { Metric, Sample, Store } from '../store/port.ts';
import type { Live } from './live.ts';
import { foldMoments, scopesOf, type Measures } from './measures.ts';

export const rawMs = 10_000;
export const minuteMs = 60_000;
export const quarterMs = 15 * minuteMs;
const hourMs = 60 * minuteMs;
const dayMs = 24 * hourMs;

const rawKeptMs = hourMs;
const minutesKeptMs = 48 * hourMs;
const quartersKeptMs = 90 * dayMs;
const eventsKeptMs = 400 * dayMs;
/** Minutes that wait for a database which is away. */
const maxWaiting = 20_000;
const pruneEveryMs = hourMs;
const maxPruneSteps = 20;

export interface RecorderOptions {
  readonly live: Live;
  readonly store: Pick<Store, 'samples' | 'events' | 'monitored'>;
  readonly clock: Clock;
  readonly logger: Logger;
}

interface Moment {
  readonly atMs: number;
  readonly measures: Measures;
}

const keyOf = (accountId: AccountId, scopeId: string): string => `${accountId} ${scopeId}`;

/**
 * Remembers over time what the zones report: every ten seconds for an hour in memory, minutes for two days and quarters
 * of an hour for ninety days in the store. When nobody reports, nothing is written: a gap stays a gap.
 */
export class Recorder {
  readonly #options: RecorderOptions;
  readonly #raw = new Map<string, { accountId: AccountId; scopeId: string; moments: Moment[] }>();
  #waiting: Sample[] = [];
  #minuteMs: number;
  #prunedAtMs = -Infinity;
  #hasRolledUp = false;
  #timer: Timer | undefined;
  #work: Promise<void> | undefined;

  constructor(options: RecorderOptions) {
    this.#options = options;
    this.#minuteMs = floor(options.clock.now(), minuteMs);
  }

  start(): void {
    this.#timer = this.#options.clock.setInterval(() => this.#tick(), rawMs);
  }

  /** The last hour in ten seconds, as long as this process runs. Oldest first. */
  raw(accountId: AccountId, scopeId: string, metric: Metric): { atMs: number; value: number | null }[] {
    const moments = this.#raw.get(keyOf(accountId, scopeId))?.moments ?? [];
    return moments.map(({ atMs, measures }) => ({ atMs, value: measures[metric] }));
  }

  /** Idempotent; resolves when what was being written is. */
  async close(): Promise<void> {
    this.#timer?.cancel();
    await this.#work;
  }

  #tick(): void {
    const nowMs = this.#options.clock.now();
    const minute = floor(nowMs, minuteMs);
    if (minute !== this.#minuteMs) {
      this.#endMinute(this.#minuteMs);
      this.#minuteMs = minute;
      this.#work ??= this.#write(nowMs).finally(() => {
        this.#work = undefined;
      });
    }
    this.#look(floor(nowMs, rawMs));
  }

  #look(atMs: number): void {
    const { live } = this.#options;
    for (const accountId of live.accounts()) {
      const zoneIds = [...new Set(live.controllers(accountId).map(({ zoneId }) => zoneId))];
      for (const { scopeId, measures } of scopesOf(accountId, zoneIds, live.routers(accountId))) {
        const key = keyOf(accountId, scopeId);
        const scope = this.#raw.get(key) ?? { accountId, scopeId, moments: [] };
        scope.moments.push({ atMs, measures });
        this.#raw.set(key, scope);
      }
    }
    for (const [key, { moments }] of this.#raw) {
      const firstKept = moments.findIndex((moment) => moment.atMs > atMs - rawKeptMs);
      if (firstKept === -1) this.#raw.delete(key);
      else moments.splice(0, firstKept);
    }
  }

  #endMinute(atMs: number): void {
    for (const { accountId, scopeId, moments } of this.#raw.values()) {
      const inside = moments.filter((moment) => floor(moment.atMs, minuteMs) === atMs);
      if (inside.length === 0) continue;
      const folded = foldMoments(inside.map(({ measures }) => measures));
      this.#waiting.push({ accountId, scopeId, stepMs: minuteMs, atMs, ...folded });
    }
    this.#waiting.splice(0, this.#waiting.length - maxWaiting);
  }

  async #write(nowMs: number): Promise<void> {
    const { store, logger, live } = this.#options;
    const samples = this.#waiting;
    this.#waiting = [];
    try {
      await store.samples.put(samples);
    } catch (error) {
      this.#waiting = [...samples, ...this.#waiting].slice(-maxWaiting);
      logger.sampled('samples', minuteMs).warn({ err: error }, 'measurements could not be stored yet');
      return;
    }
    try {
      // After a start all that the minutes can tell, then what has just changed: the running quarter too.
      const sinceMs = this.#hasRolledUp ? quarterMs : minutesKeptMs;
      const step = { fineMs: minuteMs, coarseMs: quarterMs };
      await store.samples.rollUp(step, floor(nowMs - sinceMs, quarterMs), nowMs);
      this.#hasRolledUp = true;
      for (const accountId of live.accounts()) {
        const ids = live.routers(accountId).map(({ status }) => status.nodeId);
        await store.monitored.routersSeen(accountId, ids, nowMs);
      }
      if (nowMs - this.#prunedAtMs >= pruneEveryMs) await this.#prune(nowMs);
    } catch (error) {
      logger.sampled('roll-up', minuteMs).warn({ err: error }, 'measurements could not be tidied up yet');
    }
  }

  /** A few steps at a time: nobody waits behind a large deletion, and the next hour goes on. */
  async #prune(nowMs: number): Promise<void> {
    const { samples, events } = this.#options.store;
    const jobs = [
      () => samples.prune(minuteMs, nowMs - minutesKeptMs),
      () => samples.prune(quarterMs, nowMs - quartersKeptMs),
      () => events.prune(nowMs - eventsKeptMs),
    ];
    for (const job of jobs) {
      for (let step = 0; step < maxPruneSteps; step++) if (!(await job())) break;
    }
    this.#prunedAtMs = nowMs;
  }
}

const floor = (ms: number, stepMs: number): number => ms - (ms % stepMs);
