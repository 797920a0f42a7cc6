// A lock between processes: a folder, because making one either succeeds or says that it is there.

import { mkdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { cacheFolder } from './paths.mjs';
import { onEarlyEnd } from './run.mjs';

const POLL_MS = 300;
/** A folder without an owner's name is being filled at this moment, or its maker died right there. */
const NAMELESS_FOR_MS = 10_000;

/** The system's name of an error, such as ENOENT. @param {unknown} error */
const codeOf = (error) => (error instanceof Error && 'code' in error ? error.code : undefined);

/** @typedef {{ pid: number, startedAt: string, doing: string }} Owner */

/**
 * When a process started, in ticks since boot, so that a reused process id is not taken for the owner.
 * Empty where /proc does not exist.
 * @param {number} pid
 */
function startOf(pid) {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The second field may hold spaces and brackets; fields are counted from the last bracket.
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? '';
  } catch {
    return '';
  }
}

/** @param {Owner} owner */
function isAlive(owner) {
  try {
    process.kill(owner.pid, 0);
  } catch (error) {
    if (codeOf(error) === 'ESRCH') return false;
  }
  return startOf(owner.pid) === owner.startedAt;
}

/** @param {string} directory @returns {Owner | undefined} */
function readOwner(directory) {
  try {
    return JSON.parse(readFileSync(join(directory, 'owner.json'), 'utf8'));
  } catch {
    return undefined;
  }
}

/** Is the lock held by a process that no longer exists? @param {string} directory */
function isStale(directory) {
  const owner = readOwner(directory);
  if (owner) return !isAlive(owner);
  try {
    return Date.now() - statSync(directory).mtimeMs > NAMELESS_FOR_MS;
  } catch {
    return false; // Gone: just released.
  }
}

/** Makes the folder, or says that somebody has it. @param {string} directory */
function tryMake(directory) {
  try {
    mkdirSync(directory);
    return true;
  } catch (error) {
    if (codeOf(error) === 'EEXIST') return false;
    throw error;
  }
}

/**
 * Removes a dead process's lock. Under a second lock, since otherwise of two that find the same dead owner
 * the slower one would remove the lock that the faster one has already taken.
 * @param {string} directory
 */
function breakStale(directory) {
  const breaker = `${directory}.break`;
  if (!tryMake(breaker)) {
    // Held for microseconds; an old one is left over from a process that died inside.
    const age = Date.now() - (statSync(breaker, { throwIfNoEntry: false })?.mtimeMs ?? Date.now());
    if (age > NAMELESS_FOR_MS) rmSync(breaker, { recursive: true, force: true });
    return;
  }
  if (isStale(directory)) rmSync(directory, { recursive: true, force: true });
  rmSync(breaker, { recursive: true, force: true });
}

/**
 * Runs `work` while holding the lock `name`; waits for whoever has it.
 * @template T
 * @param {string} name
 * @param {string} doing what the holder does, for those who wait: "building the media worker"
 * @param {(text: string) => void} onWait told whom and what is waited for, and again when that changes
 * @param {(setDoing: (doing: string) => void) => Promise<T>} work may refine what those who wait are told
 * @returns {Promise<T>}
 */
export async function withLock(name, doing, onWait, work) {
  const directory = join(cacheFolder('locks'), name);
  let announced = '';
  while (!tryMake(directory)) {
    if (isStale(directory)) {
      breakStale(directory);
      continue;
    }
    const owner = readOwner(directory);
    const wait = owner ? `waiting for process ${owner.pid}: ${owner.doing}` : announced;
    if (wait !== announced) onWait(wait);
    announced = wait;
    await delay(POLL_MS);
  }
  const release = () => rmSync(directory, { recursive: true, force: true });
  const forget = onEarlyEnd(release);
  try {
    const startedAt = startOf(process.pid);
    const setDoing = (/** @type {string} */ text) => {
      // Written aside and renamed, since those who wait read it at any moment.
      const next = join(directory, 'owner.next');
      writeFileSync(next, JSON.stringify({ pid: process.pid, startedAt, doing: text }));
      renameSync(next, join(directory, 'owner.json'));
    };
    setDoing(doing);
    return await work(setDoing);
  } finally {
    forget();
    release();
  }
}
