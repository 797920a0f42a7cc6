import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { LogFile } from './log-file.ts';

const directory = mkdtempSync(join(tmpdir(), 'console-log-'));
afterAll(() => rmSync(directory, { recursive: true, force: true }));

test('a log file is rotated by size and keeps so many', () => {
  const path = join(directory, 'rotated.log');
  const log = new LogFile(path, { maxBytes: 20, keep: 2 });
  for (let line = 1; line <= 9; line++) log.write(`line number ${line}`);
  log.close();
  log.write('after the close');
  expect(readFileSync(path, 'utf8')).toBe('line number 9\n');
  expect(readFileSync(`${path}.1`, 'utf8')).toBe('line number 7\nline number 8\n');
  expect(readFileSync(`${path}.2`, 'utf8')).toBe('line number 5\nline number 6\n');
  expect(() => readFileSync(`${path}.3`)).toThrow('ENOENT');
});
