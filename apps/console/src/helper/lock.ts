import { closeSync, existsSync, openSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { makeDirectory, readText } from './files.ts';
import { Refused } from './refused.ts';

const waitMs = 25;
const giveUpMs = 40_000;

/**
 * One helper at a time: the console may ask it to confirm while another is taking the change back. A lock of a helper that
 * was killed, also by a power cut, is taken over.
 */
export async function withLock<T>(directory: string, bootId: string, run: () => T): Promise<T> {
  makeDirectory(directory);
  const path = join(directory, 'lock');
  const me = `${process.pid} ${bootId}`;
  for (let waitedMs = 0; !take(path, me); waitedMs += waitMs) {
    if (isAbandoned(path, bootId)) rmSync(path, { force: true });
    else if (waitedMs > giveUpMs)
      throw new Refused('failed', 'Another change of the network is still going on.');
    else await new Promise((wake) => setTimeout(wake, waitMs));
  }
  try {
    return run();
  } finally {
    rmSync(path, { force: true });
  }
}

function take(path: string, me: string): boolean {
  try {
    const file = openSync(path, 'wx');
    writeSync(file, me);
    closeSync(file);
    return true;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EEXIST') return false;
    throw error;
  }
}

function isAbandoned(path: string, bootId: string): boolean {
  const text = readText(path);
  if (text === null) return false;
  const [pid = '', ofBoot = ''] = text.split(' ');
  // Empty: killed between making and writing it. Another start of the machine: its process is gone for sure.
  return ofBoot !== bootId || !existsSync(`/proc/${pid}`);
}
