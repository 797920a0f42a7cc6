import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { Socket } from 'node:net';
import { mkdirSync, openSync, closeSync } from 'node:fs';
import { join } from 'node:path';
import { lifeLineVariable } from '@guildhall/kit';

export interface ChildSpec {
  readonly role: string;
  readonly main: string;
  readonly env: NodeJS.ProcessEnv;
  readonly logDir: string;
}

/** Time everything has to end by itself: with it everything is down within the 5 s promised. */
export const stopDeadlineMs = 4_300;
const firstRestartDelayMs = 500;
const longestRestartDelayMs = 10_000;
/** A child that lived this long starts again at once; one that did not is in a crash loop and waits longer each time. */
const stableAfterMs = 10_000;

/** Keeps one process running until `stop()`: evaluation mode has no systemd to do it. */
export class Child {
  readonly role: string;
  readonly #spec: ChildSpec;
  readonly #onLine: (line: string) => void;
  #process: ChildProcess | null = null;
  #stopping = false;
  #delayMs = firstRestartDelayMs;
  #restartTimer: NodeJS.Timeout | null = null;
  #lastExit: string | null = null;
  /** Our ends of the life lines; that of a console which died is held on by what it had started. */
  readonly #lifeLines = new Set<Socket>();

  constructor(spec: ChildSpec, onLine: (line: string) => void) {
    this.role = spec.role;
    this.#spec = spec;
    this.#onLine = onLine;
  }

  get lastExit(): string | null {
    return this.#lastExit;
  }

  get logFile(): string {
    return join(this.#spec.logDir, `${this.role}.log`);
  }

  start(): void {
    if (this.#stopping || this.#process !== null) return;
    mkdirSync(this.#spec.logDir, { recursive: true, mode: 0o700 });
    const log = openSync(this.logFile, 'a', 0o600);
    const startedAtMs = performance.now();
    const child = spawn(process.execPath, [this.#spec.main], {
      env: { ...this.#spec.env, [lifeLineVariable]: '3' },
      stdio: ['ignore', log, log, 'pipe'],
      // Out of the terminal's process group: its Ctrl-C reaches us alone, and we stop the rest in order.
      detached: true,
    });
    closeSync(log);
    this.#process = child;
    const line = child.stdio[3];
    if (line instanceof Socket) this.#hold(line);
    child.once('error', (error) => {
      this.#lastExit = error.message;
    });
    child.once('exit', (code, signal) => {
      this.#process = null;
      this.#lastExit = signal === null ? `exit code ${code}` : `signal ${signal}`;
      if (this.#stopping) return;
      if (performance.now() - startedAtMs > stableAfterMs) this.#delayMs = firstRestartDelayMs;
      this.#onLine(`${this.role} ended (${this.#lastExit}) and is started again; its log is ${this.logFile}`);
      this.#restartTimer = setTimeout(() => this.start(), this.#delayMs);
      this.#delayMs = Math.min(this.#delayMs * 2, longestRestartDelayMs);
    });
  }

  /** Ends the child and whatever it started. What has not gone by itself in time is left for `kill`. */
  async stop(): Promise<void> {
    this.#stopping = true;
    if (this.#restartTimer !== null) clearTimeout(this.#restartTimer);
    const lines = [...this.#lifeLines].map(async (line) => {
      const gone = once(line, 'close');
      line.end();
      await gone;
    });
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise((wake) => (timer = setTimeout(wake, stopDeadlineMs)));
    await Promise.race([Promise.all(lines), late]);
    clearTimeout(timer);
  }

  /** Idempotent. */
  kill(): void {
    this.#process?.kill('SIGKILL');
    for (const line of this.#lifeLines) line.destroy();
  }

  /** Each process of the child reads the other end and has it open until it is gone: then this end closes. */
  #hold(line: Socket): void {
    this.#lifeLines.add(line);
    line.on('error', () => undefined);
    line.once('close', () => this.#lifeLines.delete(line));
    line.resume();
  }
}
