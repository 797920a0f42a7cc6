import { mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { inDataFolder, makeDataFolders } from './data-folder.ts';
import { UsageError } from './settings.ts';

let dir = '';
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'guildhall-data-'));
});
afterEach(() => rm(dir, { recursive: true }));

test('the data folder and those in it are made for this user only', async () => {
  const data = join(dir, 'deep', 'data');
  await makeDataFolders(data, [join(data, 'run'), join(data, 'vms', '2', 'run')]);
  for (const path of [data, join(data, 'run'), join(data, 'vms', '2')])
    expect((await stat(path)).mode & 0o777, path).toBe(0o700);
});

test('what cannot be a data folder is told in one sentence that names it and the way out', async () => {
  const file = join(dir, 'file');
  await writeFile(file, '');
  for (const path of [file, join(file, 'below'), join(dir, 'x'.repeat(300))]) {
    const refused = makeDataFolders(path, []);
    await expect(refused).rejects.toThrow(UsageError);
    await expect(refused).rejects.toThrow(path);
    await expect(refused).rejects.toThrow(/GUILDHALL_DATA/u);
  }
});

test('a fault of our own is not blamed on the folder', async () => {
  const fault = new TypeError('x is not a function');
  await expect(inDataFolder(dir, () => Promise.reject(fault))).rejects.toBe(fault);
});
