import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { silentLogger } from '@guildhall/kit';
import { afterEach, expect, test } from 'vitest';
import { noRestart } from '../testing.ts';
import { Updates } from './updates.ts';

const tool = join(import.meta.dirname, '..', '..', '..', '..', 'scripts', 'update-bundle.ts');
const directories: string[] = [];
afterEach(() => {
  for (const directory of directories.splice(0)) rmSync(directory, { recursive: true, force: true });
});

const longName = `node_modules/${'a'.repeat(60)}/${'b'.repeat(60)}/${'c'.repeat(40)}.js`;

/** A product folder, a key, and a console that trusts it. */
function setUp() {
  const dir = mkdtempSync(join(tmpdir(), 'bundle-'));
  directories.push(dir);
  const write = (name: string, text: string): void => {
    mkdirSync(join(dir, 'product', name, '..'), { recursive: true });
    writeFileSync(join(dir, 'product', name), text);
  };
  write('apps/console/src/main.ts', 'start();');
  write('packages/protocol/src/version.ts', "export const productVersion = '9.0.0';\n");
  write(longName, 'deep');
  write('.git/config', 'history');
  write('data/secret', 'state');
  write('bin/worker', 'program');
  chmodSync(join(dir, 'product/bin/worker'), 0o755);
  mkdirSync(join(dir, 'product/node_modules/@guildhall'), { recursive: true });
  symlinkSync('../../apps/console', join(dir, 'product/node_modules/@guildhall/console'));
  const run = (...words: string[]) =>
    spawnSync(process.execPath, [tool, ...words], { encoding: 'utf8', cwd: dir });
  const key = run('key', '--key', 'release.key').stdout.trim();
  const make = (version = '9.0.0', from = 'product') =>
    run('make', '--key', 'release.key', '--from', from, '--version', version, '--out', 'bundle.tar');
  const updates = new Updates({
    restarter: noRestart,
    installDir: join(dir, 'opt'),
    workDir: join(dir, 'work'),
    releaseKeys: [key],
    maxBytes: 1_000_000,
    logger: silentLogger,
  });
  return { dir, run, make, updates, current: (name: string) => join(dir, 'opt', 'current', name) };
}

test('a bundle of the tool is taken by the console, with its links and programs, without history and state', async () => {
  const { dir, run, make, updates, current } = setUp();
  expect(make()).toMatchObject({ status: 0, stderr: '' });
  const first = readFileSync(join(dir, 'bundle.tar'));
  await updates.addPart(0, first);
  expect(await updates.install()).toMatchObject({ current: '9.0.0' });
  expect(readFileSync(current('node_modules/@guildhall/console/src/main.ts'), 'utf8')).toBe('start();');
  expect(readFileSync(current(longName), 'utf8')).toBe('deep');
  expect(statSync(current('bin/worker')).mode & 0o111).not.toBe(0);
  expect(statSync(current('apps/console/src/main.ts')).mode & 0o111).toBe(0);
  expect(() => statSync(current('.git'))).toThrow('ENOENT');
  expect(() => statSync(current('data'))).toThrow('ENOENT');
  make();
  expect(readFileSync(join(dir, 'bundle.tar')).equals(first)).toBe(true);
  // A key that is there is not replaced.
  expect(statSync(join(dir, 'release.key')).mode & 0o777).toBe(0o600);
  expect(run('key', '--key', 'release.key').status).toBe(1);
});

test('one that was changed after it was signed is refused', async () => {
  const { dir, make, updates } = setUp();
  make();
  for (const [text, code] of [
    ['start();', 'update.damaged'],
    ['"executable":true', 'update.wrong-key'],
    ['../../apps/console', 'update.wrong-key'],
  ] as const) {
    const bytes = readFileSync(join(dir, 'bundle.tar'));
    bytes.write('X', bytes.indexOf(text) + 2);
    await updates.addPart(0, bytes);
    await expect(updates.install()).rejects.toMatchObject({ code });
  }
});

test('a link that leads out is refused by the tool', () => {
  const { dir, make } = setUp();
  symlinkSync('../../etc', join(dir, 'product/out'));
  const { status, stderr } = make();
  expect([status, stderr]).toEqual([1, 'The link out leads out of the folder, to ../../etc.\n']);
});

test('the tool packs a product under its own version only', () => {
  const { make } = setUp();
  const other = make('9.0.1');
  expect([other.status, other.stderr]).toEqual([
    1,
    'product is version 9.0.0, not 9.0.1: give --version 9.0.0.\n',
  ]);
  expect(make('9.0.0', 'product/bin')).toMatchObject({
    status: 1,
    stderr: expect.stringContaining('product/bin is no product'),
  });
});
