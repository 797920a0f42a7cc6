import { GuildhallError, isGuildhallError } from '@guildhall/rpc';
import { systemClock, type Clock } from './clock.ts';
import { ConfigError } from './config/config.ts';
import type { Logger } from './logger.ts';

/** Exit codes of every process. */
export const exitCodes = {
  ok: 0,
  failed: 1,
  /** EX_CONFIG of sysexits.h: a restart cannot help. */
  config: 78,
} as const;

type Closer = () => void | Promise<void>;

/** What a starting service gets. */
export interface ServiceContext {
  readonly logger: Logger;
  readonly clock: Clock;
  /** Aborted when the service begins to close. */
  readonly signal: AbortSignal;
  /** Closers run one after the other in reverse order; those registered before a failed start run too. */
  readonly onClose: (name: string, closer: Closer) => void;
  /** Begins the orderly close, as SIGTERM does. */
  readonly shutdown: (why: string) => void;
}

/** The part of `process` which is used; tests pass their own. */
export interface ProcessHost {
  on(event: string, listener: (...args: unknown[]) => void): unknown;
  off(event: string, listener: (...args: unknown[]) => void): unknown;
  exit(code: number): void;
}

export interface ServiceOptions {
  role: string;
  logger: Logger;
  start: (context: ServiceContext) => Promise<{ close?: Closer } | void>;
  clock?: Clock;
  /** Closers which take longer are left behind. Default 4,000 ms: the launcher kills after 5 s. */
  closeDeadlineMs?: number;
  /** Calls back when the launcher is gone, and with it our reason to run; the answer ends the watch. */
  lifeLine?: (onEnd: () => void) => () => void;
  host?: ProcessHost;
}

/**
 * Runs a process: start, wait for SIGTERM or SIGINT, close in order, exit. Resolves with the exit code after the exit
 * was asked for. Never rejects: whatever fails becomes one line in the log and an exit code.
 */
export function runService(options: ServiceOptions): Promise<number> {
  return new ServiceRun(options).run();
}

class ServiceRun {
  readonly #options: ServiceOptions;
  readonly #clock: Clock;
  readonly #host: ProcessHost;
  readonly #closers: { name: string; close: Closer }[] = [];
  readonly #abort = new AbortController();
  readonly #stop = Promise.withResolvers<{ code: number; why: string }>();

  constructor(options: ServiceOptions) {
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
    this.#host = options.host ?? process;
  }

  async run(): Promise<number> {
    const { logger, role } = this.#options;
    const unlisten = this.#listen();
    void this.#start();
    const { code, why } = await this.#stop.promise;
    logger.info({ why }, `${role} is closing`);
    this.#abort.abort(new GuildhallError('request.cancelled', `${role} is closing.`));
    const isClean = await this.#closeAll();
    unlisten();
    const exitCode = code === exitCodes.ok && !isClean ? exitCodes.failed : code;
    logger.info({ exitCode }, `${role} has closed`);
    this.#host.exit(exitCode);
    return exitCode;
  }

  async #start(): Promise<void> {
    const { logger, role, start } = this.#options;
    try {
      const service = await start({
        logger,
        clock: this.#clock,
        signal: this.#abort.signal,
        onClose: (name, close) => this.#closers.push({ name, close }),
        shutdown: (why) => this.#stop.resolve({ code: exitCodes.ok, why }),
      });
      if (service?.close) this.#closers.push({ name: role, close: service.close });
    } catch (error) {
      if (this.#abort.signal.aborted) return;
      const code = error instanceof ConfigError ? exitCodes.config : exitCodes.failed;
      // Refusals are sentences for people; a stack would only hide them.
      if (isGuildhallError(error))
        logger.fatal({ code: error.code }, `${role} cannot start: ${error.message}`);
      else logger.fatal({ err: error }, `${role} cannot start`);
      this.#stop.resolve({ code, why: 'start failed' });
    }
  }

  async #closeAll(): Promise<boolean> {
    const { logger, closeDeadlineMs = 4_000 } = this.#options;
    let isClean = true;
    let current = '';
    const close = async (): Promise<true> => {
      for (let next = this.#closers.pop(); next; next = this.#closers.pop()) {
        current = next.name;
        try {
          await next.close();
        } catch (error) {
          isClean = false;
          logger.error({ err: error, part: next.name }, 'a part failed to close');
        }
      }
      return true;
    };
    const deadline = Promise.withResolvers<false>();
    const timer = this.#clock.setTimeout(() => deadline.resolve(false), closeDeadlineMs);
    const isDone = await Promise.race([close(), deadline.promise]);
    timer.cancel();
    if (!isDone)
      logger.error({ part: current, closeDeadlineMs }, 'a part did not close in time and is left behind');
    return isClean && isDone;
  }

  #listen(): () => void {
    const { logger, lifeLine } = this.#options;
    const stop = (why: string) => () => this.#stop.resolve({ code: exitCodes.ok, why });
    const fault = (what: string) => (error: unknown) => {
      if (!isProgrammerError(error)) {
        logger.error({ err: error }, `${what}; the process goes on`);
        return;
      }
      logger.fatal({ err: error }, `${what}; the process restarts in a known state`);
      this.#stop.resolve({ code: exitCodes.failed, why: what });
    };
    const listeners: Record<string, (...args: unknown[]) => void> = {
      SIGTERM: stop('SIGTERM'),
      SIGINT: stop('SIGINT'),
      uncaughtException: fault('uncaught exception'),
      unhandledRejection: fault('unhandled rejection'),
    };
    for (const [event, listener] of Object.entries(listeners)) this.#host.on(event, listener);
    const unwatch = lifeLine?.(stop('the launcher is gone'));
    return () => {
      unwatch?.();
      for (const [event, listener] of Object.entries(listeners)) this.#host.off(event, listener);
    };
  }
}

/**
 * A broken socket or a refusal nobody awaited says nothing about our state; a TypeError does. Errors of the system
 * carry `syscall` or `errno`.
 */
function isProgrammerError(error: unknown): boolean {
  if (isGuildhallError(error)) return false;
  return !(error instanceof Error && ('syscall' in error || 'errno' in error));
}
