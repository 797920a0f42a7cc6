import { readFileSync } from 'node:fs';
import { mkdir, open, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { VmRole } from '@guildhall/protocol';
import { z } from 'zod';

const Choice = z.strictObject({
  role: VmRole,
  zcAddress: z.string(),
  mmrAddress: z.string(),
  otherZcAddress: z.string(),
});
export type Choice = z.output<typeof Choice>;

/** What was last configured with success; replaced as a whole. */
export class ChoiceFile {
  readonly #path: string;
  #current: Choice | undefined;

  constructor(path: string) {
    this.#path = path;
    this.#current = read(path);
  }

  get current(): Choice | undefined {
    return this.#current;
  }

  /** Answers when it is on disk. */
  async replace(choice: Choice | undefined): Promise<void> {
    if (choice === undefined) await rm(this.#path, { force: true });
    else {
      await mkdir(dirname(this.#path), { recursive: true });
      const next = `${this.#path}.${process.pid}.tmp`;
      const file = await open(next, 'w', 0o600);
      try {
        await file.writeFile(`${JSON.stringify(choice, null, 2)}\n`);
        await file.sync();
      } finally {
        await file.close();
      }
      await rename(next, this.#path);
    }
    this.#current = choice;
  }
}

function read(path: string): Choice | undefined {
  try {
    return Choice.parse(JSON.parse(readFileSync(path, 'utf8')));
  } catch {
    // Not there yet, or spoilt: the form begins anew with the addresses of this machine.
    return undefined;
  }
}
