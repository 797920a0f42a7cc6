import {
  closeSync,
  copyFileSync,
  existsSync,
  fstatSync,
  mkdirSync,
  openSync,
  readSync,
  renameSync,
  truncateSync,
} from 'node:fs';
import { dirname } from 'node:path';
import type { Clock, Timer } from '@guildhall/kit';

interface ServiceLogOptions {
  readonly clock: Clock;
  /** Default 10 MiB. */
  readonly maxBytes?: number;
  /** Older files kept beside it, as `<path>.1` (the newest) and so on. Default 3. */
  readonly keep?: number;
  /** Told of each line soon after it was written. */
  readonly onLine?: (line: string) => void;
}

const lookEveryMs = 200;
const chunkBytes = 64 * 1024;
const maxLineBytes = 16_384;
/** What is read of the words of a process that ended while no console ran. */
const tailBytes = 64 * 1024;

/**
 * The output of a service: the service has the file itself as its standard output, so that it neither loses a line nor
 * ends when the console does; the console reads along. Rotated by copying and cutting, because the service keeps the
 * file open: it appends (O_APPEND), so its next line begins the cut file. A line written in the few microseconds
 * between the last copy and the cut is lost; nobody rotates while no console runs.
 */
export class ServiceLog {
  readonly path: string;
  readonly #options: ServiceLogOptions;
  readonly #file: number;
  readonly #timer: Timer;
  #listener: ((line: string) => void) | undefined;
  #at: number;
  #partial: Buffer = Buffer.alloc(0);
  #isClosed = false;

  constructor(path: string, options: ServiceLogOptions) {
    this.path = path;
    this.#options = options;
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
    // For reading and appending: the file is there from now on.
    this.#file = openSync(path, 'a+', 0o600);
    this.#at = fstatSync(this.#file).size;
    this.#timer = options.clock.setInterval(() => this.read(), lookEveryMs);
  }

  /** A descriptor for the standard output of a process; whoever opens it closes it. */
  openForChild(): number {
    return openSync(this.path, 'a', 0o600);
  }

  /** Who hears the lines besides, from now on: what is known of the end of one process. */
  listen(listener: ((line: string) => void) | undefined): void {
    this.read();
    this.#listener = listener;
  }

  /** Reads what was written since the last look; done now and then, and at the end of a process. */
  read(): void {
    if (this.#isClosed) return;
    const { size } = fstatSync(this.#file);
    // Somebody else cut it.
    if (size < this.#at) this.#at = 0;
    // Mostly nothing is new: no buffer then, five times a second for each service, only for the garbage collector.
    const buffer = size > this.#at ? Buffer.alloc(chunkBytes) : undefined;
    while (buffer) {
      const count = readSync(this.#file, buffer, 0, chunkBytes, this.#at);
      if (count === 0) break;
      this.#at += count;
      this.#take(buffer.subarray(0, count));
    }
    if (this.#at >= (this.#options.maxBytes ?? 10 * 1024 * 1024)) this.#rotate();
  }

  /** The last lines in the file, the first of them maybe cut. */
  tail(): string[] {
    const { size } = fstatSync(this.#file);
    const bytes = Buffer.alloc(Math.min(size, tailBytes));
    const count = readSync(this.#file, bytes, 0, bytes.length, size - bytes.length);
    return bytes.toString('utf8', 0, count).split('\n');
  }

  /** Idempotent. */
  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#timer.cancel();
    closeSync(this.#file);
  }

  #take(bytes: Buffer): void {
    let rest = Buffer.concat([this.#partial, bytes]);
    for (let end = rest.indexOf(0x0a); end >= 0; end = rest.indexOf(0x0a)) {
      const line = rest.toString('utf8', 0, Math.min(end, maxLineBytes));
      rest = rest.subarray(end + 1);
      this.#listener?.(line);
      this.#options.onLine?.(line);
    }
    // A line without an end is not kept for ever.
    this.#partial = Buffer.from(rest.subarray(0, maxLineBytes));
  }

  #rotate(): void {
    const { keep = 3 } = this.#options;
    for (let age = keep - 1; age >= 1; age--) {
      const older = `${this.path}.${age}`;
      if (existsSync(older)) renameSync(older, `${this.path}.${age + 1}`);
    }
    copyFileSync(this.path, `${this.path}.1`);
    truncateSync(this.path);
    this.#at = 0;
  }
}
