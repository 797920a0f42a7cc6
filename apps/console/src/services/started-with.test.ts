import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { StartedWith } from './started-with.ts';

const dir = mkdtempSync(join(tmpdir(), 'started-'));
afterEach(() => rmSync(dir, { recursive: true, force: true }));

test('only the service whose environment changed is to be started anew, also by a console that was started anew', () => {
  const path = join(dir, 'started-with.json');
  let proxy = 'http://a:1';
  const make = () => new StartedWith(path, (name) => (name === 'zctrl' ? { PROXY: proxy } : {}));
  const started = make();
  const outdated = (one: StartedWith) => [one.isOutdated('zctrl'), one.isOutdated('mmr')];
  expect(outdated(started)).toEqual([true, true]);
  expect(started.take('zctrl')).toEqual({ PROXY: 'http://a:1' });
  started.take('mmr');
  expect(outdated(started)).toEqual([false, false]);
  proxy = 'http://b:1';
  expect(outdated(started)).toEqual([true, false]);
  expect(outdated(make())).toEqual([true, false]);
  expect(readFileSync(path, 'utf8')).not.toContain('http');
  writeFileSync(path, '{spoilt');
  expect(outdated(make())).toEqual([true, true]);
});
