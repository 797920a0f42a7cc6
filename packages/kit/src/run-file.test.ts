import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { readRunFiles, writeRunFile, type RunFacts } from './run-file.ts';

let dir = '';
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'guildhall-run-'));
});
afterEach(() => rm(dir, { recursive: true }));

const facts = (change: Partial<RunFacts> = {}): RunFacts => ({
  role: 'mmr',
  pid: process.pid,
  ports: { signalling: 8443 },
  adminPort: 4000,
  startedAt: 1,
  ...change,
});

test('is there while the process runs, can be updated, and is gone afterwards', async () => {
  const runDir = join(dir, 'run');
  const file = await writeRunFile(runDir, facts());
  await file.update({ workers: [7] });
  expect(await readRunFiles(runDir)).toEqual([facts({ workers: [7] })]);
  await file.remove();
  await file.remove();
  expect(await readdir(runDir)).toEqual([]);
});

test('processes which are gone, and damaged files, are left out', async () => {
  await writeRunFile(dir, facts());
  await writeRunFile(dir, facts({ role: 'zctrl', pid: 999_999_999 }));
  await writeFile(join(dir, 'cloud.json'), '{"role":"cloud"');
  expect((await readRunFiles(dir)).map(({ role }) => role)).toEqual(['mmr']);
  expect(await readRunFiles(join(dir, 'missing'))).toEqual([]);
});

test('a process which ends late does not remove the file of its successor', async () => {
  const old = await writeRunFile(dir, facts({ pid: 999_999_999 }));
  await writeRunFile(dir, facts());
  await old.remove();
  expect(await readRunFiles(dir)).toHaveLength(1);
});

test('a role cannot lead out of the directory', async () => {
  await expect(writeRunFile(dir, facts({ role: '../x' }))).rejects.toThrow(/role/);
});
