/** Writes POSIX tar (ustar, POSIX.1-2001): regular files with short names, which is all a bundle needs. */

const blockBytes = 512;

/** Header, content and padding of one file. `name` is ASCII and at most 99 characters. */
export function tarEntry(name: string, content: Buffer, mtimeMs: number): Buffer {
  const header = Buffer.alloc(blockBytes);
  const octal = (value: number, length: number): string => `${value.toString(8).padStart(length - 1, '0')}\0`;
  header.write(name, 0, 99, 'latin1');
  header.write(octal(0o600, 8), 100);
  header.write(octal(0, 8), 108);
  header.write(octal(0, 8), 116);
  header.write(octal(content.length, 12), 124);
  header.write(octal(Math.floor(mtimeMs / 1000), 12), 136);
  // The checksum counts itself as blanks.
  header.write('        ', 148);
  header.write('0', 156);
  header.write('ustar\u000000', 257, 'latin1');
  const sum = header.reduce((total, byte) => total + byte, 0);
  header.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148);
  const padding = (blockBytes - (content.length % blockBytes)) % blockBytes;
  return Buffer.concat([header, content, Buffer.alloc(padding)]);
}

export const tarEnd: Buffer = Buffer.alloc(2 * blockBytes);
