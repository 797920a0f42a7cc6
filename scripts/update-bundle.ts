// Makes the signed bundles that the console's page Updates takes (docs/operations/updates.md).
//
//   node scripts/update-bundle.ts key --key release.key
//   node scripts/update-bundle.ts make --key release.key --from <folder> --version 1.2.3 --out guildhall-1.2.3.tar

import {
  createHash,
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  sign,
  type KeyObject,
} from 'node:crypto';
import { createReadStream } from 'node:fs';
import {
  open,
  readdir,
  readFile,
  readlink,
  rename,
  rm,
  stat,
  writeFile,
  type FileHandle,
} from 'node:fs/promises';
import { dirname, join, posix } from 'node:path';
import { parseArgs } from 'node:util';

const usage = `usage: update-bundle key  --key <file>
       update-bundle make --key <file> --from <folder> --version <x.y.z> --out <file>`;

/** Never part of a product: history, state, what tests and tools leave behind. */
const leftOut = new Set([
  '.git',
  'data',
  'node_modules/.cache',
  'node_modules/.vite',
  'node_modules/.vite-temp',
]);
const blockBytes = 512;

class UsageError extends Error {}

interface Listed {
  readonly sha256: string;
  readonly size: number;
  readonly executable?: true;
}

interface Tree {
  readonly files: Record<string, Listed>;
  readonly links: Record<string, string>;
}

/** A name as the console takes it. @throws UsageError */
function checked(name: string): string {
  if (!/^[A-Za-z0-9@._+/-]{1,250}$/u.test(name)) {
    throw new UsageError(`${name} cannot be in a bundle: 1 to 250 of A-Z a-z 0-9 @ . _ + - / are allowed.`);
  }
  return name;
}

async function digestOf(path: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const piece of createReadStream(path)) hash.update(piece);
  return hash.digest('hex');
}

/** Every file and link below a folder, by its path with `/`, in a fixed order: the same folder makes the same bundle. */
async function treeOf(root: string): Promise<Tree> {
  const files: Record<string, Listed> = {};
  const links: Record<string, string> = {};
  const walk = async (below: string): Promise<void> => {
    const entries = await readdir(join(root, below), { withFileTypes: true });
    for (const entry of entries.toSorted((a, b) => (a.name < b.name ? -1 : 1))) {
      const name = posix.join(below, entry.name);
      if (leftOut.has(name)) continue;
      const path = join(root, name);
      if (entry.isDirectory()) await walk(name);
      else if (entry.isSymbolicLink()) links[checked(name)] = linkTarget(name, await readlink(path));
      else if (entry.isFile()) {
        const { mode, size } = await stat(path);
        const isExecutable = (mode & 0o100) !== 0;
        files[checked(name)] = {
          sha256: await digestOf(path),
          size,
          ...(isExecutable && { executable: true as const }),
        };
      }
    }
  };
  await walk('');
  return { files, links };
}

function linkTarget(name: string, target: string): string {
  const end = posix.normalize(posix.join(posix.dirname(name), target));
  if (posix.isAbsolute(target) || end.startsWith('..')) {
    throw new UsageError(`The link ${name} leads out of the folder, to ${target}.`);
  }
  return checked(target);
}

/** The ustar header of one file (POSIX.1-2001). Longer names are cut at a `/`: up to 155 before it and 100 after. */
function header(name: string, size: number, mode: number): Buffer {
  const block = Buffer.alloc(blockBytes);
  const at = name.length <= 100 ? -1 : name.indexOf('/', name.length - 101);
  if (name.length > 100 && (at < 0 || at > 155))
    throw new UsageError(`The name ${name} is too long for a tar.`);
  const octal = (value: number, length: number): string => `${value.toString(8).padStart(length - 1, '0')}\0`;
  block.write(name.slice(at + 1), 0, 100, 'latin1');
  block.write(octal(mode, 8), 100);
  block.write(octal(0, 8), 108);
  block.write(octal(0, 8), 116);
  block.write(octal(size, 12), 124);
  block.write(octal(0, 12), 136);
  // The checksum counts itself as blanks.
  block.write('        ', 148);
  block.write('0', 156);
  block.write('ustar\u000000', 257, 'latin1');
  if (at >= 0) block.write(name.slice(0, at), 345, 155, 'latin1');
  const sum = block.reduce((total, byte) => total + byte, 0);
  block.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148);
  return block;
}

async function addFile(
  out: FileHandle,
  name: string,
  size: number,
  content: AsyncIterable<Uint8Array>,
): Promise<void> {
  await out.write(header(name, size, 0o644));
  for await (const piece of content) await out.write(piece);
  const rest = size % blockBytes;
  if (rest > 0) await out.write(Buffer.alloc(blockBytes - rest));
}

async function* one(bytes: Buffer): AsyncGenerator<Buffer> {
  yield bytes;
}

/**
 * A console that was told another version than the one it then is would take the update for failed, and roll it back.
 * @throws UsageError
 */
async function assertVersionOf(from: string, version: string): Promise<void> {
  const text = await readFile(join(from, 'packages/protocol/src/version.ts'), 'utf8').catch(() => '');
  const found = /\bproductVersion = '([^']+)'/u.exec(text)?.[1];
  if (found === undefined)
    throw new UsageError(`${from} is no product: packages/protocol/src/version.ts names no version.`);
  if (found !== version)
    throw new UsageError(`${from} is version ${found}, not ${version}: give --version ${found}.`);
}

async function make(key: KeyObject, from: string, version: string, out: string): Promise<number> {
  const tree = await treeOf(from);
  const manifest = Buffer.from(`${JSON.stringify({ product: 'guildhall', version, ...tree })}\n`);
  const signature = sign(null, manifest, key);
  const next = `${out}.tmp`;
  const file = await open(next, 'w', 0o644);
  try {
    await addFile(file, 'manifest.json', manifest.length, one(manifest));
    await addFile(file, 'manifest.sig', signature.length, one(signature));
    for (const [name, { size }] of Object.entries(tree.files)) {
      await addFile(file, name, size, createReadStream(join(from, name)));
    }
    await file.write(Buffer.alloc(2 * blockBytes));
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(next, out);
  return Object.keys(tree.files).length;
}

const publicText = (key: KeyObject): string => createPublicKey(key).export({ format: 'jwk' }).x ?? '';

async function readKey(path: string): Promise<KeyObject> {
  const key = createPrivateKey(await readFile(path, 'utf8'));
  if (key.asymmetricKeyType !== 'ed25519') throw new UsageError(`${path} is no Ed25519 key.`);
  return key;
}

async function main(): Promise<void> {
  const text = { type: 'string' } as const;
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { key: text, from: text, version: text, out: text },
  });
  const [command] = positionals;
  const { key: keyPath, from, version, out } = values;
  if (keyPath === undefined) throw new UsageError(usage);
  if (command === 'key') {
    const { privateKey } = generateKeyPairSync('ed25519');
    // wx: a key that is there already is not lost.
    const pem = privateKey.export({ type: 'pkcs8', format: 'pem' });
    await writeFile(keyPath, pem, { mode: 0o600, flag: 'wx' });
    process.stdout.write(`${publicText(privateKey)}\n`);
    return;
  }
  if (command !== 'make' || from === undefined || version === undefined || out === undefined)
    throw new UsageError(usage);
  if (!/^\d{1,6}\.\d{1,6}\.\d{1,6}$/u.test(version)) throw new UsageError(`${version} is no version x.y.z.`);
  const key = await readKey(keyPath);
  await assertVersionOf(from, version);
  try {
    const count = await make(key, from, version, out);
    process.stdout.write(`${out}: version ${version}, ${count} files, signed by ${publicText(key)}\n`);
  } finally {
    await rm(join(dirname(out), `${posix.basename(out)}.tmp`), { force: true });
  }
}

try {
  await main();
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
}
