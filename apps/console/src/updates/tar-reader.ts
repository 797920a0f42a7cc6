import type { FileHandle } from 'node:fs/promises';
import { errorCodes } from '@guildhall/protocol';
import { GuildhallError } from '@guildhall/rpc';

const blockBytes = 512;
const maxEntries = 50_000;

/** A regular file in a tar: where its content is. */
export interface TarFile {
  readonly name: string;
  readonly offset: number;
  readonly size: number;
}

/**
 * Lists a POSIX tar (ustar) without unpacking anything. Strict where unpackers are lenient: regular files and folders
 * only, relative names without `..`, each name once, nothing after the end but zeros.
 * @throws GuildhallError `update.damaged`, `update.unsafe-path`
 */
export async function listTar(file: FileHandle, totalBytes: number): Promise<TarFile[]> {
  const files: TarFile[] = [];
  const seen = new Set<string>();
  const block = Buffer.alloc(blockBytes);
  let offset = 0;
  for (;;) {
    const { bytesRead } = await file.read(block, 0, blockBytes, offset);
    if (bytesRead < blockBytes) throw refused('update.damaged');
    offset += blockBytes;
    if (block.every((byte) => byte === 0)) return files;
    const { name, size, type } = readHeader(block);
    if (type === '5') continue;
    if (type !== '0' || !isSafe(name) || seen.has(name)) throw refused('update.unsafe-path');
    if (offset + size > totalBytes || files.length >= maxEntries) throw refused('update.damaged');
    seen.add(name);
    files.push({ name, offset, size });
    offset += Math.ceil(size / blockBytes) * blockBytes;
  }
}

function readHeader(block: Buffer): { name: string; size: number; type: string } {
  const text = (from: number, length: number): string =>
    (block.toString('latin1', from, from + length).split('\0', 1)[0] ?? '').trim();
  const sum = block.reduce((total, byte, index) => total + (index >= 148 && index < 156 ? 0x20 : byte), 0);
  if (Number.parseInt(text(148, 8), 8) !== sum || text(257, 5) !== 'ustar') throw refused('update.damaged');
  const sizeText = text(124, 12);
  if (!/^[0-7]+$/u.test(sizeText)) throw refused('update.damaged');
  const prefix = text(345, 155);
  const name = text(0, 100);
  const type = text(156, 1);
  return {
    name: prefix === '' ? name : `${prefix}/${name}`,
    size: Number.parseInt(sizeText, 8),
    type: type === '' ? '0' : type,
  };
}

/** Relative, without `..`, of plain characters. */
export const isSafe = (name: string): boolean =>
  /^[A-Za-z0-9@._+/-]{1,250}$/u.test(name) &&
  name.split('/').every((part) => part !== '' && part !== '.' && part !== '..');

export function refused(code: keyof typeof errorCodes): GuildhallError {
  return new GuildhallError(code, errorCodes[code].sentence);
}
