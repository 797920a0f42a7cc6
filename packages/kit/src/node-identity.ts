import { readFile } from 'node:fs/promises';
import type { z } from 'zod';
import { ConfigError } from './config/config.ts';

/**
 * The identity the console wrote when this node was paired.
 * @param path the setting `identityFile`
 * @param schema what the file must hold
 * @throws ConfigError naming the file and what is wrong
 */
export async function readNodeIdentity<T>(path: string, schema: z.ZodType<T>): Promise<T> {
  let json: unknown;
  try {
    json = JSON.parse(await readFile(path, 'utf8'));
  } catch (error) {
    const isMissing = error instanceof Error && 'code' in error && error.code === 'ENOENT';
    throw refused(
      isMissing
        ? `identityFile is ${path}, which does not exist: pair this node in its console first.`
        : `identityFile is ${path}, which cannot be read; pair this node again in its console.`,
    );
  }
  const read = schema.safeParse(json);
  if (read.success) return read.data;
  // The value is not quoted: the file holds the private key.
  const field = read.error.issues[0]?.path.join('.') ?? '';
  throw refused(
    `identityFile is ${path}, whose "${field}" is missing or wrong; pair this node again in its console.`,
  );
}

const refused = (message: string): ConfigError => new ConfigError([{ key: 'identityFile', message }]);
