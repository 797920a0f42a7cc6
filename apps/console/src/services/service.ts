import { exitCodes, SerialQueue, type Clock, type Logger, type Timer } from '@guildhall/kit';
import { productVersion, type ServiceName, type ServiceState, type ServiceStatus } from '@guildhall/protocol';
import type { ServiceMemory, ServiceMemoryPort } from '../types.ts';
import { failingAfter, refusedConfigDelayMs, restartDelayMs, stableAfterMs } from './backoff.ts';
import type { AdoptProcess, Child, ChildExit, SpawnChild } from './child.ts';
import { LastWords } from './last-words.ts';
import type { MemoryLimits } from './memory-limits.ts';
import type { ServiceLog } from './service-log.ts';

const stopGraceMs = 4_000;
const readyPollMs = 50;

interface ServiceOptions {
  readonly name: ServiceName;
  readonly command: readonly string[];
  /** Asked at each start, for what changes meanwhile (certificates). */
  readonly env: () => Readonly<Record<string, string>>;
  readonly log: ServiceLog;
  readonly spawn: SpawnChild;
  readonly adopt: AdoptProcess;
  /** The process that says it is this service, by its run file, when it runs. */
  readonly findRunning: () => RunningProcess | undefined;
  readonly birthOf: (pid: number) => string | undefined;
  /** What the console before us left behind. */
  readonly memory: ServiceMemoryPort;
  /** Whether the process of this id says that it does its work. */
  readonly isReady: (pid: number) => Promise<boolean>;
  readonly limits: Pick<MemoryLimits, 'confine' | 'watch' | 'endedBy'>;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** A process that runs already. */
export interface RunningProcess {
  readonly pid: number;
  readonly birth: string;
  readonly startedAtMs: number;
}

/**
 * One supervised process: brings it to what is wanted and keeps it there. The process outlives us: who comes after us
 * finds it by what we keep, else by its run file, and takes it over; a process id alone is never enough for that.
 */
export class Service {
  readonly name: ServiceName;
  readonly #options: ServiceOptions;
  readonly #commands: SerialQueue;
  #wanted: 'running' | 'stopped' = 'stopped';
  #state: ServiceState = 'stopped';
  #sinceMs: number;
  #child: Child | undefined;
  #version: string | null = null;
  #startedAtMs = 0;
  #restarts = 0;
  #deathsInARow = 0;
  #lastExit: ServiceStatus['lastExit'] = null;
  #restartTimer: Timer | undefined;
  #readyTimer: Timer | undefined;
  #isClosed = false;

  constructor(options: ServiceOptions) {
    this.name = options.name;
    this.#options = options;
    this.#sinceMs = options.clock.now();
    this.#commands = new SerialQueue({ name: options.name, maxLength: 20 });
    const before = options.memory.recall(options.name);
    this.#restarts = before?.restarts ?? 0;
    this.#lastExit = before?.lastExit ?? null;
  }

  get status(): ServiceStatus {
    const pid = this.#child?.pid ?? null;
    return {
      name: this.name,
      state: this.#state,
      sinceMs: this.#sinceMs,
      pid,
      version: pid === null ? null : this.#version,
      restarts: this.#restarts,
      lastExit: this.#lastExit,
      wanted: this.#wanted,
    };
  }

  /** Starts it, or takes it over when it runs without us; nothing happens when it is ours already. */
  start(): Promise<void> {
    return this.#commands.run(() => {
      this.#wanted = 'running';
      if (this.#child || this.#adoptRunning()) return;
      this.#restarts = 0;
      this.#deathsInARow = 0;
      this.#restartTimer?.cancel();
      this.#spawn();
    });
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

  /** For the end of the console: the process runs on. Idempotent. */
  close(): void {
    this.#isClosed = true;
    this.#restartTimer?.cancel();
    this.#readyTimer?.cancel();
    this.#options.log.close();
  }

  #enter(state: ServiceState, sinceMs = this.#options.clock.now()): void {
    if (this.#state === state) return;
    this.#state = state;
    this.#sinceMs = sinceMs;
    this.#keep();
  }

  #keep(): void {
    const { pid, birth } = this.#child ?? {};
    const isKnown = pid !== undefined && birth !== undefined;
    this.#options.memory.keep(this.name, {
      process: isKnown ? { pid, birth, version: this.#version } : null,
      state: this.#state,
      sinceMs: this.#sinceMs,
      restarts: this.#restarts,
      lastExit: this.#lastExit,
    });
  }

  #adoptRunning(): boolean {
    const { adopt, birthOf, clock, findRunning, limits, log, logger, memory, name } = this.#options;
    const before = memory.recall(name);
    const known = before?.process;
    const isKnown = known && birthOf(known.pid) === known.birth;
    if (known && !isKnown) this.#rememberEnd(known.pid, before);
    const running = isKnown ? { ...known, startedAtMs: before.sinceMs } : findRunning();
    if (!running) return false;
    const words = new LastWords();
    log.listen((line) => words.heard(line));
    limits.watch(name);
    const child = adopt(running);
    this.#child = child;
    this.#version = isKnown ? known.version : null;
    const sinceMs = running.startedAtMs;
    this.#startedAtMs = clock.monotonicMs() - Math.max(0, clock.now() - sinceMs);
    this.#enter(isKnown && before.state === 'running' ? 'running' : 'starting', sinceMs);
    logger.info({ service: name, child: child.pid }, 'service taken over; it ran already');
    this.#watchReady(child);
    void child.exited.then((exit) => this.#exited(child, exit, words));
    return true;
  }

  /** It ended while nobody watched; what it said last is in its log. */
  #rememberEnd(pid: number, before: ServiceMemory): void {
    if (before.state === 'stopping') return;
    const words = new LastWords();
    const own = this.#options.log.tail().filter((line) => line.includes(`"pid":${pid},`));
    for (const line of own) words.heard(line);
    const reason = words.reasonOf({ code: null, signal: null, isAdopted: true });
    this.#lastExit = { atMs: this.#options.clock.now(), reason };
    this.#keep();
  }

  #spawn(): void {
    const { command, env, limits, log, spawn, clock, logger, name } = this.#options;
    const words = new LastWords();
    log.listen((line) => words.heard(line));
    const child = spawn({ command, env: env(), output: log.openForChild() });
    if (child.pid !== undefined) limits.confine(name, child.pid);
    this.#child = child;
    this.#version = productVersion;
    this.#startedAtMs = clock.monotonicMs();
    // A service that keeps dying is failing until it is ready for once, not starting over and over.
    this.#enter(this.#deathsInARow >= failingAfter ? 'failing' : 'starting');
    this.#keep();
    logger.info({ service: name, child: child.pid }, 'service started');
    this.#watchReady(child);
    void child.exited.then((exit) => this.#exited(child, exit, words));
  }

  #watchReady(child: Child): void {
    const { clock, isReady } = this.#options;
    const look = async (): Promise<void> => {
      const ready = child.pid !== undefined && (await isReady(child.pid));
      if (this.#child !== child || this.#state === 'stopping' || this.#isClosed) return;
      if (ready) this.#enter('running');
      else this.#readyTimer = clock.setTimeout(() => void look(), readyPollMs);
    };
    this.#readyTimer = clock.setTimeout(() => void look(), readyPollMs);
  }

  #exited(child: Child, exit: ChildExit, words: LastWords): void {
    if (this.#child !== child || this.#isClosed) return;
    const { clock, limits, log, logger, name } = this.#options;
    log.read();
    this.#child = undefined;
    this.#readyTimer?.cancel();
    const reason = limits.endedBy(name) ?? words.reasonOf(exit);
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
    this.#keep();
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
    // One that runs without us is stopped too, else it would be in the way of the next start.
    if (!this.#child) this.#adoptRunning();
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
    this.#readyTimer?.cancel();
    this.#enter('stopped');
  }
}
