/** Where the lines of the console's own logger go: standard output, and its log file once there is one. */
export class Tee {
  #file: { write(line: string): void } | undefined;

  constructor() {
    // Whoever read our output may be gone before us; that is no reason to end.
    process.stdout.on('error', () => undefined);
  }

  attach(file: { write(line: string): void }): void {
    this.#file = file;
  }

  write(line: string): void {
    process.stdout.write(line);
    this.#file?.write(line.trimEnd());
  }
}
