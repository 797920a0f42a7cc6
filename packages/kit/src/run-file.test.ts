import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { readControlSecret, showsSecret, writeControlSecret } from './control-secret.ts';
import { processBirth } from './process-birth.ts';
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
  expect(await readRunFiles(runDir)).toMatchObject([facts({ workers: [7] })]);
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

test('a process id that was given to another process meanwhile is not the process', async () => {
  const { path } = await writeRunFile(dir, facts());
  const written = JSON.parse(await readFile(path, 'utf8'));
  expect(written.birth).toBe(processBirth(process.pid));
  await writeFile(path, JSON.stringify({ ...written, birth: `${written.birth}0` }));
  expect(await readRunFiles(dir)).toEqual([]);
});

test('a birth is read past whatever the program is called, and a process that only waits to be collected has none', async () => {
  const proc = async (pid: number, text: string): Promise<string | undefined> => {
    await mkdir(join(dir, `${pid}`));
    await writeFile(join(dir, `${pid}`, 'stat'), text);
    return processBirth(pid, dir);
  };
  const rest = Array.from({ length: 18 }, (_, index) => index).join(' ');
  expect(await proc(1, `1 (a) S (b) S ${rest} 4711 0`)).toMatch(/^[0-9a-f-]{36}\/4711$/u);
  expect(await proc(2, `2 (node) Z ${rest} 4711 0`)).toBeUndefined();
  expect(await proc(3, 'noise')).toBeUndefined();
  expect(processBirth(999_999_999)).toBeUndefined();
});

test('the secret of a start is for the same user only, and goes with its process', async () => {
  const first = await writeControlSecret(dir, 'mmr');
  const second = await writeControlSecret(dir, 'mmr');
  expect(second.value).not.toBe(first.value);
  expect((await stat(join(dir, 'mmr.key'))).mode & 0o777).toBe(0o600);
  await first.remove();
  expect(await readControlSecret(dir, 'mmr')).toBe(second.value);
  expect(showsSecret(`Bearer ${second.value}`, second.value)).toBe(true);
  expect(showsSecret(`Bearer ${first.value}`, second.value)).toBe(false);
  expect(showsSecret(undefined, second.value)).toBe(false);
  await second.remove();
  expect(await readControlSecret(dir, 'mmr')).toBeUndefined();
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
