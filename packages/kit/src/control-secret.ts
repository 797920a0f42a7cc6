import { timingSafeEqual } from 'node:crypto';
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { systemRandom, type Random } from './random.ts';

/** By which the supervisor of a process proves on its admin port that it may give orders. */
export interface ControlSecret {
  readonly value: string;
  /** Idempotent. */
  remove(): Promise<void>;
}

const pathOf = (runDir: string, role: string): string => join(runDir, `${role}.key`);

/**
 * Makes a secret for this start and puts it where only the same user can read it (0600). To be called before the run
 * file says that the process is there.
 */
export async function writeControlSecret(
  runDir: string,
  role: string,
  random: Random = systemRandom,
): Promise<ControlSecret> {
  const value = Buffer.from(random.bytes(32)).toString('base64url');
  const path = pathOf(runDir, role);
  await mkdir(runDir, { recursive: true });
  // A new file each time: the rights of one that lies there are not changed by writing to it.
  const next = `${path}.${process.pid}.tmp`;
  await rm(next, { force: true });
  await writeFile(next, `${value}\n`, { mode: 0o600, flag: 'wx' });
  await rename(next, path);
  return {
    value,
    async remove() {
      if ((await readControlSecret(runDir, role)) === value) await rm(path, { force: true });
    },
  };
}

/** Undefined when there is none or this user may not read it. */
export async function readControlSecret(runDir: string, role: string): Promise<string | undefined> {
  const text = await readFile(pathOf(runDir, role), 'utf8').catch(() => '');
  return text.trim() === '' ? undefined : text.trim();
}

/** Whether an `Authorization` header shows the secret; takes as long for a wrong one as for the right one. */
export function showsSecret(authorization: string | undefined, secret: string): boolean {
  const given = Buffer.from(authorization ?? '');
  const expected = Buffer.from(`Bearer ${secret}`);
  return given.length === expected.length && timingSafeEqual(given, expected);
}
