import {
  closeSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  writeSync,
} from 'node:fs';
import { dirname } from 'node:path';

const isMissing = (error: unknown): boolean =>
  error instanceof Error && 'code' in error && error.code === 'ENOENT';

/** Content of a file, null when there is none. */
export function readText(path: string): string | null {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if (isMissing(error)) return null;
    throw error;
  }
}

/**
 * Puts the whole new content in place of the old, or nothing: after a power cut one of the two is there. Answers when it
 * is on the disk.
 */
export function replaceFile(path: string, content: string): void {
  makeDirectory(dirname(path));
  const next = `${path}.guildhall-new`;
  const file = openSync(next, 'w', 0o644);
  try {
    writeSync(file, content);
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
  renameSync(next, path);
  syncDirectory(dirname(path));
}

/** Answers when it is gone from the disk; one that is not there is no error. */
export function removeFile(path: string): void {
  rmSync(path, { force: true });
  try {
    syncDirectory(dirname(path));
  } catch (error) {
    if (!isMissing(error)) throw error;
  }
}

/** Removes what a `replaceFile` that was cut off has left. */
export const removeLeftover = (path: string): void => rmSync(`${path}.guildhall-new`, { force: true });

export function makeDirectory(path: string): void {
  mkdirSync(path, { recursive: true });
}

function syncDirectory(path: string): void {
  const directory = openSync(path, 'r');
  try {
    fsyncSync(directory);
  } finally {
    closeSync(directory);
  }
}
