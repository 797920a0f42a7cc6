import { expect, test } from 'vitest';
import { isInstalled, runsTypeScript } from './install.mjs';

const wanted = {
  '': {},
  'packages/kit': { version: '0.1.0' },
  'node_modules/zod': { version: '4.6.7' },
  'node_modules/for-another-platform': { version: '1.0.0', optional: true },
};

test.each([
  ['the same', { 'node_modules/zod': { version: '4.6.7' } }, true],
  ['another version', { 'node_modules/zod': { version: '4.6.6' } }, false],
  ['missing', {}, false],
  [
    'an optional one of another version',
    { 'node_modules/zod': { version: '4.6.7' }, 'node_modules/for-another-platform': { version: '2.0.0' } },
    false,
  ],
])('installed packages compared with the lock file: %s', (_what, installed, answer) => {
  expect(isInstalled(wanted, installed)).toBe(answer);
});

test.each([
  ['20.20.2', false],
  ['22.17.1', false],
  ['22.18.0', true],
  ['23.5.0', false],
  ['24.21.0', true],
])('does Node %s run TypeScript files: %s', (version, answer) => {
  expect(runsTypeScript(version)).toBe(answer);
});
