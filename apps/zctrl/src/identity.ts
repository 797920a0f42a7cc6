import { readFile } from 'node:fs/promises';
import { ConfigError } from '@guildhall/kit';
import { NodeIdentity } from '@guildhall/protocol';

/** The identity the console wrote when this node was paired. @throws ConfigError naming the file and what is wrong */
export async function readIdentity(path: string): Promise<NodeIdentity> {
  let json: unknown;
  try {
    json = JSON.parse(await readFile(path, 'utf8'));
  } catch (error) {
    const isMissing = error instanceof Error && 'code' in error && error.code === 'ENOENT';
    const message = isMissing
      ? `identityFile is ${path}, which does not exist: pair this node in its console first.`
      : `identityFile is ${path}, which cannot be read; pair this node again in its console.`;
    throw new ConfigError([{ key: 'identityFile', message }]);
  }
  const read = NodeIdentity.safeParse(json);
  if (read.success) return read.data;
  // The value is not quoted: the file holds the private key.
  const field = read.error.issues[0]?.path.join('.') ?? '';
  const message = `identityFile is ${path}, whose "${field}" is missing or wrong; pair this node again in its console.`;
  throw new ConfigError([{ key: 'identityFile', message }]);
}
