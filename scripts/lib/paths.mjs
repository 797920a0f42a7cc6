// Where set-up reads and keeps things.

import { createHash } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The root folder of this checkout. */
export const root = fileURLToPath(new URL('../..', import.meta.url)).replace(/\/$/, '');

/** The folder of the build recipe of the media worker. */
export const recipeDirectory = join(root, 'scripts', 'worker');

/**
 * Where results that outlive `node_modules` are kept, shared by all checkouts of a user.
 * `GUILDHALL_CACHE` moves it.
 */
export function cacheDirectory() {
  const given = process.env.GUILDHALL_CACHE;
  if (given) return resolve(given);
  return join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'guildhall');
}

/** A folder inside the cache, made if missing. @param {...string} parts */
export function cacheFolder(...parts) {
  const directory = join(cacheDirectory(), ...parts);
  mkdirSync(directory, { recursive: true });
  return directory;
}

/** SHA-256 in hex. @param {string | Uint8Array} data */
export const sha256 = (data) => createHash('sha256').update(data).digest('hex');
