import { createHash, createPublicKey, verify } from 'node:crypto';
import type { FileHandle } from 'node:fs/promises';
import { posix } from 'node:path';
import { productVersion, VersionText } from '@guildhall/protocol';
import { z } from 'zod';
import { isSafe, listTar, refused, type TarFile } from './tar-reader.ts';

const product = 'guildhall';
const maxManifestBytes = 8 * 1024 * 1024;
const chunkBytes = 256 * 1024;

/** `manifest.json`, the first file of a bundle; `manifest.sig`, the second, is the Ed25519 signature of its bytes. */
const Manifest = z.strictObject({
  product: z.string().max(100),
  version: VersionText.regex(/^\d{1,6}\.\d{1,6}\.\d{1,6}$/u),
  /** By path. */
  files: z.record(
    z.string(),
    z.strictObject({
      sha256: z.string().regex(/^[0-9a-f]{64}$/u),
      size: z.int().min(0),
      executable: z.literal(true).optional(),
    }),
  ),
  /** Symbolic links by their path: the packages of the workspace and the programs in `node_modules/.bin`. */
  links: z.record(z.string(), z.string().min(1).max(250)).default({}),
});

export interface Bundle {
  readonly version: string;
  readonly files: readonly BundleFile[];
  /** Path and where it points to, relative to its own folder and inside of the version. */
  readonly links: readonly { readonly name: string; readonly target: string }[];
}

interface BundleFile extends TarFile {
  readonly executable: boolean;
}

/**
 * Everything that has to be true of a bundle before any of it is unpacked: signed by a key we trust, for this product,
 * newer, whole, and holding exactly the files its manifest names.
 * @param releaseKeys Ed25519 public keys, base64url (RFC 8037 §2 `x`)
 * @throws GuildhallError `update.*`
 */
export async function verifyBundle(
  file: FileHandle,
  totalBytes: number,
  releaseKeys: readonly string[],
): Promise<Bundle> {
  const [manifestFile, signatureFile, ...files] = await listTar(file, totalBytes);
  if (manifestFile?.name !== 'manifest.json' || manifestFile.size > maxManifestBytes)
    throw refused('update.damaged');
  if (signatureFile?.name !== 'manifest.sig' || signatureFile.size !== 64) throw refused('update.unsigned');
  const bytes = await contentOf(file, manifestFile);
  const signature = await contentOf(file, signatureFile);
  const isTrusted = releaseKeys.some((x) =>
    verify(
      null,
      bytes,
      createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x }, format: 'jwk' }),
      signature,
    ),
  );
  if (!isTrusted) throw refused('update.wrong-key');
  const manifest = Manifest.safeParse(JSON.parse(bytes.toString('utf8')));
  if (!manifest.success) throw refused('update.damaged');
  const { version, files: listed, links } = manifest.data;
  if (manifest.data.product !== product) throw refused('update.other-product');
  if (compareVersions(version, productVersion) <= 0) throw refused('update.older');
  if (files.length !== Object.keys(listed).length) throw refused('update.damaged');
  for (const [name, target] of Object.entries(links)) {
    if (listed[name] || !isSafe(name) || !staysInside(name, target)) throw refused('update.unsafe-path');
  }
  const checked: BundleFile[] = [];
  for (const one of files) {
    const expected = listed[one.name];
    if (expected?.size !== one.size || (await digestOf(file, one)) !== expected.sha256)
      throw refused('update.damaged');
    checked.push({ ...one, executable: expected.executable === true });
  }
  return {
    version,
    files: checked,
    links: Object.entries(links).map(([name, target]) => ({ name, target })),
  };
}

/** Whether a link ends inside of the version, however it is followed: signed or not, nothing is written elsewhere. */
function staysInside(name: string, target: string): boolean {
  // Steps up only at the beginning: after a step down, which may be through another link, they could lead anywhere.
  const down = target.replace(/^(?:\.\.\/)*/u, '');
  if (!/^[A-Za-z0-9@._+/-]+$/u.test(target) || target.startsWith('/')) return false;
  if (down !== '..' && down.split('/').includes('..')) return false;
  const end = posix.normalize(posix.join(posix.dirname(name), target));
  return end !== '..' && !end.startsWith('../');
}

/** Negative when `a` is older than `b`. Both `x.y.z`. */
export function compareVersions(a: string, b: string): number {
  const [left, right] = [a, b].map((version) => version.split('.').map(Number));
  for (let index = 0; index < 3; index++) {
    const difference = (left?.[index] ?? 0) - (right?.[index] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}

async function contentOf(file: FileHandle, { offset, size }: TarFile): Promise<Buffer> {
  const bytes = Buffer.alloc(size);
  const { bytesRead } = await file.read(bytes, 0, size, offset);
  if (bytesRead !== size) throw refused('update.damaged');
  return bytes;
}

/** The content of one file of a tar, piece by piece. */
export async function* piecesOf(file: FileHandle, { offset, size }: TarFile): AsyncGenerator<Buffer> {
  for (let at = 0; at < size; at += chunkBytes) {
    const length = Math.min(chunkBytes, size - at);
    const { bytesRead, buffer } = await file.read(Buffer.alloc(length), 0, length, offset + at);
    if (bytesRead !== length) throw refused('update.damaged');
    yield buffer;
  }
}

async function digestOf(file: FileHandle, entry: TarFile): Promise<string> {
  const hash = createHash('sha256');
  for await (const piece of piecesOf(file, entry)) hash.update(piece);
  return hash.digest('hex');
}
