import { createHash, generateKeyPairSync, sign, type KeyObject } from 'node:crypto';
import { existsSync, mkdtempSync, readdirSync, readFileSync, readlinkSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { silentLogger } from '@guildhall/kit';
import { afterEach, describe, expect, test } from 'vitest';
import { firstPassword, noRestart, ready } from '../testing.ts';
import { Updates } from './updates.ts';

const release = generateKeyPairSync('ed25519');
const stranger = generateKeyPairSync('ed25519');
const directories: string[] = [];
afterEach(() => {
  for (const directory of directories.splice(0)) rmSync(directory, { recursive: true, force: true });
});

function setUp(maxBytes = 1_000_000) {
  const dir = mkdtempSync(join(tmpdir(), 'updates-'));
  directories.push(dir);
  const installDir = join(dir, 'opt');
  const x = release.publicKey.export({ format: 'jwk' }).x ?? '';
  const updates = new Updates({
    restarter: noRestart,
    installDir,
    workDir: join(dir, 'work'),
    releaseKeys: [x],
    maxBytes,
    logger: silentLogger,
  });
  return { updates, installDir };
}

/** One entry of a tar; `type` 0 is a file, 2 a symbolic link. */
function entry(name: string, content: Buffer, type = '0', link = ''): Buffer {
  const header = Buffer.alloc(512);
  header.write(name, 0);
  header.write('0000644\u0000', 100);
  header.write(`${content.length.toString(8).padStart(11, '0')}\u0000`, 124);
  header.write('        ', 148);
  header.write(type, 156);
  header.write(link, 157);
  header.write('ustar\u000000', 257);
  const sum = header.reduce((total, byte) => total + byte, 0);
  header.write(`${sum.toString(8).padStart(6, '0')}\u0000 `, 148);
  return Buffer.concat([header, content, Buffer.alloc((512 - (content.length % 512)) % 512)]);
}

interface Recipe {
  product?: string;
  version?: string;
  files?: Record<string, string>;
  key?: KeyObject | undefined;
  links?: Record<string, string>;
  /** Entries nobody signed for. */
  extra?: Buffer;
  signed?: boolean;
}

function bundle(recipe: Recipe = {}): Buffer {
  const {
    product = 'guildhall',
    version = '9.0.0',
    files = { 'apps/a.ts': 'new', 'README.md': 'read' },
  } = recipe;
  const listed = Object.fromEntries(
    Object.entries(files).map(([name, text]) => [
      name,
      { sha256: createHash('sha256').update(text).digest('hex'), size: Buffer.byteLength(text) },
    ]),
  );
  const manifest = Buffer.from(JSON.stringify({ product, version, files: listed, links: recipe.links }));
  return Buffer.concat([
    entry('manifest.json', manifest),
    ...(recipe.signed === false
      ? []
      : [entry('manifest.sig', sign(null, manifest, recipe.key ?? release.privateKey))]),
    ...Object.entries(files).map(([name, text]) => entry(name, Buffer.from(text))),
    recipe.extra ?? Buffer.alloc(0),
    Buffer.alloc(1024),
  ]);
}

test('a signed newer bundle is unpacked beside the old one and switched to; going back is a switch', async () => {
  const { updates, installDir } = setUp();
  const bytes = bundle();
  await updates.addPart(0, bytes.subarray(0, 700));
  await updates.addPart(700, bytes.subarray(700));
  expect(await updates.install()).toMatchObject({
    managed: true,
    current: '9.0.0',
    installed: ['9.0.0'],
    receivedBytes: 0,
  });
  expect(readFileSync(join(installDir, 'current', 'apps', 'a.ts'), 'utf8')).toBe('new');
  await updates.addPart(0, bundle({ version: '9.1.0' }));
  expect(await updates.install()).toMatchObject({ current: '9.1.0', installed: ['9.1.0', '9.0.0'] });
  expect(await updates.activate('9.0.0')).toMatchObject({ current: '9.0.0' });
  expect(readlinkSync(join(installDir, 'current'))).toBe('versions/9.0.0');
  await expect(updates.activate('../../etc')).rejects.toMatchObject({ code: 'not-found' });
});

describe('is refused before anything is unpacked', () => {
  const flipped = (): Buffer => {
    const bytes = bundle();
    bytes[bytes.indexOf('new')] = 0x58;
    return bytes;
  };
  test.each([
    ['one without a signature', () => bundle({ signed: false }), 'update.unsigned'],
    ['one signed by another key', () => bundle({ key: stranger.privateKey }), 'update.wrong-key'],
    ['one cut off', () => bundle().subarray(0, 2_100), 'update.damaged'],
    ['one cut off after its files', () => bundle().subarray(0, -1024), 'update.damaged'],
    ['one with a changed byte', flipped, 'update.damaged'],
    ['an older one', () => bundle({ version: '0.0.9' }), 'update.older'],
    ['the same version', () => bundle({ version: '0.1.0' }), 'update.older'],
    ['another product', () => bundle({ product: 'other' }), 'update.other-product'],
    ['a path that leads out', () => bundle({ files: { '../evil': 'x' } }), 'update.unsafe-path'],
    ['an absolute path', () => bundle({ files: { '/etc/evil': 'x' } }), 'update.unsafe-path'],
    [
      'a symbolic link',
      () => bundle({ extra: entry('link', Buffer.alloc(0), '2', '/etc') }),
      'update.unsafe-path',
    ],
    [
      'a hard link',
      () => bundle({ extra: entry('link', Buffer.alloc(0), '1', 'README.md') }),
      'update.unsafe-path',
    ],
    ['a signed link that leads out', () => bundle({ links: { a: '../../etc' } }), 'update.unsafe-path'],
    ['a signed absolute link', () => bundle({ links: { a: '/etc' } }), 'update.unsafe-path'],
    ['a link in place of a file', () => bundle({ links: { 'README.md': 'apps' } }), 'update.unsafe-path'],
    ['a file nobody signed for', () => bundle({ extra: entry('more', Buffer.from('x')) }), 'update.damaged'],
    ['a file twice', () => bundle({ extra: entry('README.md', Buffer.from('read')) }), 'update.unsafe-path'],
    ['noise', () => Buffer.alloc(5_000, 'noise'), 'update.damaged'],
    ['nothing', () => Buffer.alloc(0), 'update.damaged'],
  ])('%s', async (_what, bytes, code) => {
    const { updates, installDir } = setUp();
    await updates.addPart(0, bytes());
    await expect(updates.install()).rejects.toMatchObject({ code });
    expect(existsSync(installDir) ? readdirSync(installDir) : []).toEqual([]);
    expect((await updates.state()).receivedBytes).toBe(0);
  });

  test('one that is too large, while it comes', async () => {
    const { updates } = setUp(2_000);
    await updates.addPart(0, Buffer.alloc(1_500));
    await expect(updates.addPart(1_500, Buffer.alloc(1_000))).rejects.toMatchObject({
      code: 'update.too-large',
    });
    expect((await updates.state()).receivedBytes).toBe(0);
  });

  test('parts out of order', async () => {
    const { updates } = setUp();
    await updates.addPart(0, Buffer.alloc(100));
    await expect(updates.addPart(500, Buffer.alloc(10))).rejects.toMatchObject({ code: 'request.conflict' });
  });
});

test('where updates come by git, the console says so and takes no bundle', async () => {
  const { app, call, signIn, sessionCookie } = await ready();
  await signIn(firstPassword);
  expect((await call('GET', '/updates')).json()).toMatchObject({ managed: false, current: null });
  const answer = await app.inject({
    method: 'PUT',
    url: '/api/v1/updates/upload?offset=0',
    headers: { host: 'localhost', cookie: sessionCookie(), 'content-type': 'application/octet-stream' },
    payload: Buffer.alloc(10),
  });
  expect([answer.statusCode, answer.json().error.code]).toEqual([409, 'update.not-managed']);
  expect((await call('POST', '/updates/install')).json().error.code).toBe('update.not-managed');
});
