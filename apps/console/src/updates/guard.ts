import { sleepWith, type Clock, type Logger } from '@guildhall/kit';
import { pointTo, targetOf, type UpdateRecord, type UpdateRecordFile } from './record.ts';

/** A console gets this long to answer after its start; it takes about two seconds on a small machine. */
const answerWithinMs = 40_000;
/** And has to go on answering for so long: one that crashes at its first work is not healthy. */
const steadyMs = 3_000;
const endWithinMs = 10_000;
const lookEveryMs = 250;

/** A process, and what tells it from a later one of the same id (`processBirth`). */
export interface ProcessMark {
  readonly pid: number;
  readonly birth: string;
}

/** A console that says it is ready. */
export interface Answering extends ProcessMark {
  readonly version: string | undefined;
}

interface GuardOptions {
  readonly installDir: string;
  readonly file: UpdateRecordFile;
  /** The console that started us and ends now. */
  readonly old: ProcessMark;
  /** The console that runs now and answers its /healthz; undefined without one. */
  readonly answering: () => Promise<Answering | undefined>;
  /** Starts the console of the link `current`; undefined where somebody else (systemd) starts what has ended. */
  readonly start: (() => { readonly hasEnded: () => boolean }) | undefined;
  /** Every console of this installation, also one that never answers. */
  readonly consoles: () => readonly ProcessMark[];
  readonly isThere: (process: ProcessMark) => boolean;
  readonly kill: (process: ProcessMark, signal: 'SIGTERM' | 'SIGKILL') => void;
  readonly clock: Clock;
  readonly logger: Logger;
}

type Outcome = 'healthy' | 'ended' | 'silent';

/**
 * Takes the console from one version to another and back when the other does not become healthy. A process of its own
 * and of the version before: neither the console that ends nor the one that may be broken can do it.
 */
export class Guard {
  readonly #options: GuardOptions;

  constructor(options: GuardOptions) {
    this.#options = options;
  }

  async run(): Promise<void> {
    const { file, installDir, logger, old } = this.#options;
    const record = file.read();
    if (record?.step !== 'console') return;
    const target = targetOf(record);
    pointTo(installDir, target);
    await this.#end([old]);
    const outcome = await this.#startAndWait(target, old);
    if (outcome === 'healthy') {
      file.write({ ...record, step: 'services', guard: null });
      logger.info({ version: target }, 'the console runs in the other version');
      return;
    }
    // Nothing is behind the version that ran before: on the way back there is no second way back.
    if (record.direction === 'back') {
      logger.error({ version: target, outcome }, 'the version before does not become healthy either');
      return;
    }
    logger.error({ version: target, outcome }, 'the console of the new version is not healthy; going back');
    await this.#goBack(record, outcome);
  }

  async #goBack(record: UpdateRecord, reason: 'ended' | 'silent'): Promise<void> {
    const { clock, consoles, file, installDir, old } = this.#options;
    pointTo(installDir, record.before);
    const finishedAtMs = Math.round(clock.now());
    file.write({ ...record, step: 'rolled-back', guard: null, reason, finishedAtMs });
    await this.#end(consoles());
    await this.#startAndWait(record.before, old);
  }

  async #startAndWait(version: string, old: ProcessMark): Promise<Outcome> {
    const { answering, clock, start } = this.#options;
    const started = start?.();
    const untilMs = clock.monotonicMs() + answerWithinMs;
    let seen: { readonly console: Answering; readonly sinceMs: number } | undefined;
    while (clock.monotonicMs() < untilMs) {
      const found = await answering();
      const isIt = found !== undefined && found.birth !== old.birth && found.version === version;
      if (!isIt) seen = undefined;
      else if (seen?.console.birth !== found.birth) seen = { console: found, sinceMs: clock.monotonicMs() };
      else if (clock.monotonicMs() - seen.sinceMs >= steadyMs) return 'healthy';
      if (started?.hasEnded() === true) return 'ended';
      await sleepWith(clock, lookEveryMs);
    }
    return 'silent';
  }

  /** Ends them, with force when they do not end by themselves. */
  async #end(processes: readonly ProcessMark[]): Promise<void> {
    const { clock, isThere, kill } = this.#options;
    for (const one of processes) kill(one, 'SIGTERM');
    const untilMs = clock.monotonicMs() + endWithinMs;
    const left = (): readonly ProcessMark[] => processes.filter(isThere);
    while (left().length > 0 && clock.monotonicMs() < untilMs) await sleepWith(clock, lookEveryMs);
    for (const one of left()) kill(one, 'SIGKILL');
  }
}
