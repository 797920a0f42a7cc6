import { FakeClock } from '@guildhall/kit';
import { appendFileSync, closeSync, mkdtempSync, readFileSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { ServiceLog } from './service-log.ts';

const directory = mkdtempSync(join(tmpdir(), 'console-service-log-'));
afterAll(() => rmSync(directory, { recursive: true, force: true }));

test('what a service writes is heard line by line, also when it comes in pieces', async () => {
  const clock = new FakeClock();
  const path = join(directory, 'pieces.log');
  appendFileSync(path, 'of the start before\n');
  const heard: string[] = [];
  const log = new ServiceLog(path, { clock, onLine: (line) => heard.push(line) });
  const output = log.openForChild();
  const bytes = Buffer.from('one\nthe word señal\n');
  writeSync(output, bytes, 0, 15);
  await clock.advance(200);
  expect(heard).toEqual(['one']);
  writeSync(output, bytes, 15);
  await clock.advance(200);
  expect(heard).toEqual(['one', 'the word señal']);
  expect(log.tail()).toContain('of the start before');
  log.close();
  log.close();
  writeSync(output, 'the service goes on\n');
  closeSync(output);
  expect(readFileSync(path, 'utf8')).toContain('the service goes on');
});

test('the log is rotated by size while the service has it open, and keeps so many', () => {
  const path = join(directory, 'rotated.log');
  const heard: string[] = [];
  const options = { clock: new FakeClock(), maxBytes: 20, keep: 2 };
  const log = new ServiceLog(path, { ...options, onLine: (line) => heard.push(line) });
  const output = log.openForChild();
  for (let line = 1; line <= 7; line++) {
    writeSync(output, `line number ${line}\n`);
    log.read();
  }
  closeSync(output);
  log.close();
  expect(heard).toHaveLength(7);
  expect(readFileSync(path, 'utf8')).toBe('line number 7\n');
  expect(readFileSync(`${path}.1`, 'utf8')).toBe('line number 5\nline number 6\n');
  expect(readFileSync(`${path}.2`, 'utf8')).toBe('line number 3\nline number 4\n');
  expect(() => readFileSync(`${path}.3`)).toThrow('ENOENT');
});
