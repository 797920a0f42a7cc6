import { exitCodes, SerialQueue, type Clock, type Logger, type Timer } from '@guildhall/kit';
import { productVersion, type ServiceName, type ServiceState, type ServiceStatus } from '@guildhall/protocol';
import { failingAfter, refusedConfigDelayMs, restartDelayMs, stableAfterMs } from './backoff.ts';
import type { Child, ChildExit, ChildMessage, SpawnChild } from './child.ts';
import { LastWords } from './last-words.ts';
import type { LogFile } from './log-file.ts';

const stopGraceMs = 4_000;
/** The console itself has 4 s to end, its children included. */
const closeGraceMs = 3_000;
const readyPollMs = 50;

interface ServiceOptions {
  readonly name: ServiceName;
  readonly command: readonly string[];
  /** Asked at each start, for what changes meanwhile (certificates). */
  readonly env: () => Readonly<Record<string, string>>;
  readonly log: LogFile;
  readonly spawn: SpawnChild;
  /** Whether the process of this id says that it does its work. */
  readonly isReady: (pid: number) => Promise<boolean>;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** One supervised process: brings it to what is wanted and keeps it there. */
export class Service {
  readonly name: ServiceName;
  readonly #options: ServiceOptions;
  readonly #commands: SerialQueue;
  #wanted: 'running' | 'stopped' = 'stopped';
  #state: ServiceState = 'stopped';
  #sinceMs: number;
  #child: Child | undefined;
  #startedAtMs = 0;
  #restarts = 0;
  #deathsInARow = 0;
  #lastExit: ServiceStatus['lastExit'] = null;
  #restartTimer: Timer | undefined;
  #readyTimer: Timer | undefined;

  constructor(options: ServiceOptions) {
    this.name = options.name;
    this.#options = options;
    this.#sinceMs = options.clock.now();
    this.#commands = new SerialQueue({ name: options.name, maxLength: 20 });
  }

  get status(): ServiceStatus {
    const pid = this.#child?.pid ?? null;
    return {
      name: this.name,
      state: this.#state,
      sinceMs: this.#sinceMs,
      pid,
      version: pid === null ? null : productVersion,
      restarts: this.#restarts,
      lastExit: this.#lastExit,
      wanted: this.#wanted,
    };
  }

  /** Starts it; nothing happens when it runs already. */
  start(): Promise<void> {
    return this.#commands.run(() => {
      this.#wanted = 'running';
      if (this.#child) return;
      this.#restarts = 0;
      this.#deathsInARow = 0;
      this.#restartTimer?.cancel();
      this.#spawn();
    });
  }

  /** Says something to the process; nothing happens when there is none. */
  tell(message: ChildMessage): void {
    this.#child?.send(message);
  }

  /** Stops it and answers when it is gone. */
  stop(): Promise<void> {
    return this.#commands.run(() => this.#stop(stopGraceMs));
  }

  restart(): Promise<void> {
    return this.#commands.run(async () => {
      await this.#stop(stopGraceMs);
      this.#wanted = 'running';
      this.#restarts = 0;
      this.#deathsInARow = 0;
      this.#spawn();
    });
  }

  /** For the end of the console. Idempotent. */
  async close(): Promise<void> {
    await this.#commands.run(() => this.#stop(closeGraceMs)).catch(() => undefined);
    await this.#commands.close();
    this.#options.log.close();
  }

  #enter(state: ServiceState): void {
    if (this.#state === state) return;
    this.#state = state;
    this.#sinceMs = this.#options.clock.now();
  }

  #spawn(): void {
    const { command, env, log, spawn, clock, logger, name } = this.#options;
    const words = new LastWords();
    const child = spawn({
      command,
      env: env(),
      onLine: (stream, line) => {
        log.write(line);
        words.heard(stream, line);
      },
    });
    this.#child = child;
    this.#startedAtMs = clock.monotonicMs();
    // A service that keeps dying is failing until it is ready for once, not starting over and over.
    this.#enter(this.#deathsInARow >= failingAfter ? 'failing' : 'starting');
    logger.info({ service: name, child: child.pid }, 'service started');
    this.#watchReady(child);
    void child.exited.then((exit) => this.#exited(child, exit, words));
  }

  #watchReady(child: Child): void {
    const { clock, isReady } = this.#options;
    const look = async (): Promise<void> => {
      const ready = child.pid !== undefined && (await isReady(child.pid));
      if (this.#child !== child || this.#state === 'stopping') return;
      if (ready) this.#enter('running');
      else this.#readyTimer = clock.setTimeout(() => void look(), readyPollMs);
    };
    this.#readyTimer = clock.setTimeout(() => void look(), readyPollMs);
  }

  #exited(child: Child, exit: ChildExit, words: LastWords): void {
    if (this.#child !== child) return;
    const { clock, logger, name } = this.#options;
    this.#child = undefined;
    this.#readyTimer?.cancel();
    const reason = words.reasonOf(exit);
    if (this.#wanted === 'stopped') {
      this.#enter('stopped');
      logger.info({ service: name }, 'service stopped');
      return;
    }
    this.#lastExit = { atMs: clock.now(), reason };
    const wasStable = clock.monotonicMs() - this.#startedAtMs >= stableAfterMs;
    this.#deathsInARow = wasStable ? 1 : this.#deathsInARow + 1;
    const isRefused = exit.code === exitCodes.config;
    const retryInMs = isRefused ? refusedConfigDelayMs : restartDelayMs(this.#deathsInARow);
    this.#enter(isRefused || this.#deathsInARow >= failingAfter ? 'failing' : 'starting');
    logger.warn({ service: name, reason, retryInMs }, 'service ended by itself; it is started again');
    this.#restartTimer = clock.setTimeout(() => {
      this.#restarts++;
      this.#spawn();
    }, retryInMs);
  }

  async #stop(graceMs: number): Promise<void> {
    this.#wanted = 'stopped';
    this.#restartTimer?.cancel();
    this.#readyTimer?.cancel();
    const child = this.#child;
    if (!child) {
      this.#enter('stopped');
      return;
    }
    this.#enter('stopping');
    child.kill('SIGTERM');
    const timer = this.#options.clock.setTimeout(() => child.kill('SIGKILL'), graceMs);
    await child.exited;
    timer.cancel();
    // `exited` settles its followers in order; whichever comes first, the state is the same.
    this.#child = undefined;
    this.#enter('stopped');
  }
}
