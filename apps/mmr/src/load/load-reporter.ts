import { admit, openAdmission, type Admission, type AdmitRules, type OverloadCause } from '@guildhall/domain';
import type { Clock, Logger, Timer } from '@guildhall/kit';
import type { RouterLoad } from '@guildhall/protocol';
import type { Engine, WorkerLoad } from '../engine/port.ts';

const periodMs = 1_000;
/** A crowd that comes in at once is one report. */
const throttleMs = 100;

export interface LoadReporterOptions {
  readonly engine: Pick<Engine, 'load'>;
  /** Participants of each meeting that is open. */
  readonly participants: () => readonly number[];
  readonly report: () => void;
  /** How late this process got to its work since the last call, ms. */
  readonly loopDelayMs: () => number;
  readonly rules: AdmitRules;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** Measures the workers every second and has the zone told, sooner when people come or go. */
export class LoadReporter {
  readonly #options: LoadReporterOptions;
  #media = { workerCpu: 0, bitrateInBps: 0, bitrateOutBps: 0 };
  #workers: readonly WorkerLoad[] = [];
  #period: Timer | undefined;
  #soon: Timer | undefined;
  #reportedAtMs = -Infinity;
  #admission: Admission = openAdmission;
  #measuredAtMs: number | undefined;

  constructor(options: LoadReporterOptions) {
    this.#options = options;
  }

  /** As of the last measurement; the counts are of now. */
  get current(): RouterLoad {
    const participants = this.#options.participants();
    return {
      participants: participants.reduce((sum, count) => sum + count, 0),
      meetings: participants.length,
      ...this.#media,
    };
  }

  get workers(): readonly WorkerLoad[] {
    return this.#workers;
  }

  /** Why nobody new is let in now; null while people are. */
  get overload(): OverloadCause | null {
    return this.#admission.refuses;
  }

  /** As decisions about admission see it, for the debug page. */
  get admission(): Admission {
    return this.#admission;
  }

  start(): void {
    this.#period = this.#options.clock.setInterval(() => void this.#measure(), periodMs);
  }

  /** Somebody came or went. */
  changed(): void {
    const { clock } = this.#options;
    const waitMs = Math.max(0, this.#reportedAtMs + throttleMs - clock.monotonicMs());
    this.#soon ??= clock.setTimeout(() => this.#report(), waitMs);
  }

  /** Idempotent. */
  close(): void {
    this.#period?.cancel();
    this.#soon?.cancel();
  }

  #report(): void {
    this.#soon?.cancel();
    this.#soon = undefined;
    this.#reportedAtMs = this.#options.clock.monotonicMs();
    this.#options.report();
  }

  #judge(): void {
    const { clock, logger, rules, loopDelayMs } = this.#options;
    const nowMs = clock.monotonicMs();
    const sinceMs = Math.max(1, nowMs - (this.#measuredAtMs ?? nowMs - periodMs));
    this.#measuredAtMs = nowMs;
    const before = this.#admission.refuses;
    const measure = { workerCpu: this.#media.workerCpu, loopDelayMs: loopDelayMs() };
    this.#admission = admit(this.#admission, measure, sinceMs, rules);
    const { refuses, load } = this.#admission;
    if (refuses === before) return;
    if (refuses === null) logger.info(load, 'people are let in again');
    else logger.warn({ ...load, cause: refuses }, 'nobody new is let in: the load would harm those inside');
  }

  async #measure(): Promise<void> {
    try {
      const { workers } = await this.#options.engine.load();
      this.#workers = workers;
      this.#media = {
        workerCpu: Math.min(1, Math.max(0, ...workers.map(({ cpu }) => cpu))),
        bitrateInBps: workers.reduce((sum, { bitrateInBps }) => sum + bitrateInBps, 0),
        bitrateOutBps: workers.reduce((sum, { bitrateOutBps }) => sum + bitrateOutBps, 0),
      };
      this.#judge();
    } catch (error) {
      this.#options.logger.sampled('load', 60_000).warn({ err: error }, 'the load could not be measured');
    }
    this.#report();
  }
}
