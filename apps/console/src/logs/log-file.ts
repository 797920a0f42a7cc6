import { closeSync, existsSync, fstatSync, mkdirSync, openSync, renameSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';

interface LogFileOptions {
  /** Default 10 MiB. */
  readonly maxBytes?: number;
  /** Older files kept beside it, as `<path>.1` (the newest) and so on. Default 3. */
  readonly keep?: number;
  /** Told of each line after it was written. */
  readonly onLine?: (line: string) => void;
}

/**
 * An append-only log with rotation by size. Written synchronously: services log about a line a second, and the last
 * line before a crash is the one that matters.
 */
export class LogFile {
  readonly #path: string;
  readonly #maxBytes: number;
  readonly #keep: number;
  readonly #onLine: ((line: string) => void) | undefined;
  #file: number;
  #bytes: number;
  #isClosed = false;

  constructor(path: string, { maxBytes = 10 * 1024 * 1024, keep = 3, onLine }: LogFileOptions = {}) {
    this.#path = path;
    this.#maxBytes = maxBytes;
    this.#keep = keep;
    this.#onLine = onLine;
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
    this.#file = openSync(path, 'a', 0o600);
    this.#bytes = fstatSync(this.#file).size;
  }

  write(line: string): void {
    if (this.#isClosed) return;
    if (this.#bytes >= this.#maxBytes) this.#rotate();
    this.#bytes += writeSync(this.#file, `${line}\n`);
    this.#onLine?.(line);
  }

  /** Idempotent. */
  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    closeSync(this.#file);
  }

  #rotate(): void {
    closeSync(this.#file);
    for (let age = this.#keep - 1; age >= 1; age--) {
      if (existsSync(`${this.#path}.${age}`)) renameSync(`${this.#path}.${age}`, `${this.#path}.${age + 1}`);
    }
    renameSync(this.#path, `${this.#path}.1`);
    this.#file = openSync(this.#path, 'a', 0o600);
    this.#bytes = 0;
  }
}
