import { fstatSync, statSync } from 'node:fs';
import { LogFile } from './log-file.ts';

/** Where the lines of the console's own logger go: standard output, and its log file once there is one. */
export class Tee {
  #file: LogFile | undefined;
  #isOutputTheFile = false;

  constructor() {
    // Whoever read our output may be gone before us; that is no reason to end.
    process.stdout.on('error', () => undefined);
  }

  /** @param onLine told of each line after it was written to the file */
  attach(path: string, onLine: (line: string) => void): void {
    this.#file = new LogFile(path, { onLine });
    this.#isOutputTheFile = isSameFile(path);
  }

  write(line: string): void {
    // `guildhall up` gives the same file as our output: each line would be there twice.
    if (!this.#isOutputTheFile) process.stdout.write(line);
    this.#file?.write(line.trimEnd());
  }
}

function isSameFile(path: string): boolean {
  const output = fstatSync(1);
  const file = statSync(path);
  return output.dev === file.dev && output.ino === file.ino;
}
