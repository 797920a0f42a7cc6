import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, openSync, closeSync } from 'node:fs';
import { join } from 'node:path';

export interface ChildSpec {
  readonly role: string;
  readonly main: string;
  readonly env: NodeJS.ProcessEnv;
  readonly logDir: string;
}

/** Time a child has between SIGTERM and SIGKILL: with it everything is down within the 5 s promised. */
const stopDeadlineMs = 4_300;
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
    mkdirSync(this.#spec.logDir, { recursive: true });
    const log = openSync(this.logFile, 'a');
    const startedAtMs = performance.now();
    // The IPC channel is the life line: a child that sees it close knows that its parent is gone and ends too.
    const child = spawn(process.execPath, [this.#spec.main], {
      env: this.#spec.env,
      stdio: ['ignore', log, log, 'ipc'],
      // Out of the terminal's process group: its Ctrl-C reaches us alone, and we stop the rest in order.
      detached: true,
    });
    closeSync(log);
    this.#process = child;
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

  async stop(): Promise<void> {
    this.#stopping = true;
    if (this.#restartTimer !== null) clearTimeout(this.#restartTimer);
    const child = this.#process;
    if (child === null) return;
    const gone = once(child, 'exit');
    child.kill('SIGTERM');
    const killer = setTimeout(() => child.kill('SIGKILL'), stopDeadlineMs);
    await gone;
    clearTimeout(killer);
  }
}
