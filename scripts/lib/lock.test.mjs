import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { withLock } from './lock.mjs';

/** @type {string} */
let cache;
const lockDirectory = () => join(cache, 'locks', 'a');
const owner = () => JSON.parse(readFileSync(join(lockDirectory(), 'owner.json'), 'utf8'));

beforeEach(() => {
  cache = mkdtempSync(join(tmpdir(), 'guildhall-lock-'));
  process.env.GUILDHALL_CACHE = cache;
});

afterEach(() => {
  delete process.env.GUILDHALL_CACHE;
  rmSync(cache, { recursive: true, force: true });
});

test('the second waits for the first and is told what the first does', async () => {
  /** @type {string[]} */
  const events = [];
  const told = Promise.withResolvers();
  const first = withLock('a', 'working', String, async (setDoing) => {
    setDoing('compiling');
    await told.promise;
    events.push('first');
  });
  const second = withLock('a', 'working', told.resolve, async () => void events.push('second'));
  await Promise.all([first, second]);
  expect(await told.promise).toBe(`waiting for process ${process.pid}: compiling`);
  expect(events).toEqual(['first', 'second']);
  expect(existsSync(lockDirectory())).toBe(false);
});

test('a failure releases the lock', async () => {
  await expect(withLock('a', 'failing', String, () => Promise.reject(new Error('no')))).rejects.toThrow('no');
  expect(existsSync(lockDirectory())).toBe(false);
});

test('the lock of a process that died is taken over by one only', async () => {
  const dead = spawn(process.execPath, ['-e', '']);
  await once(dead, 'exit');
  mkdirSync(lockDirectory(), { recursive: true });
  writeFileSync(
    join(lockDirectory(), 'owner.json'),
    JSON.stringify({ pid: dead.pid, startedAt: '1', doing: 'x' }),
  );
  let inside = 0;
  let most = 0;
  const work = async () => {
    most = Math.max(most, ++inside);
    expect(owner().pid).toBe(process.pid);
    await new Promise(setImmediate);
    inside -= 1;
  };
  await Promise.all([1, 2, 3].map(() => withLock('a', 'working', String, work)));
  expect(most).toBe(1);
});

test('a process id that is in use again does not count as the owner', async () => {
  mkdirSync(lockDirectory(), { recursive: true });
  writeFileSync(
    join(lockDirectory(), 'owner.json'),
    JSON.stringify({ pid: process.pid, startedAt: '1', doing: 'x' }),
  );
  await expect(withLock('a', 'working', String, async () => 'got it')).resolves.toBe('got it');
});
