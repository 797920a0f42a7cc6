import { readFile } from 'node:fs/promises';
import { ConfigError } from './config/config.ts';
import { isLoopback } from './listen.ts';

/** PEM texts of a server's certificate chain and its key. */
export interface ServerTls {
  readonly cert: string;
  readonly key: string;
}

/** What a role calls its two settings. */
const usualKeys = { cert: 'tlsCertFile', key: 'tlsKeyFile' };

/**
 * The files that two settings name; undefined when neither is given.
 * @throws ConfigError one is given without the other; and what reading a file throws
 */
export async function readServerTls(
  files: { readonly tlsCertFile?: string | undefined; readonly tlsKeyFile?: string | undefined },
  keys = usualKeys,
): Promise<ServerTls | undefined> {
  const { tlsCertFile, tlsKeyFile } = files;
  if (tlsCertFile === undefined && tlsKeyFile === undefined) return undefined;
  if (tlsCertFile === undefined || tlsKeyFile === undefined) {
    const message = `${keys.cert} and ${keys.key} belong together; give both or none.`;
    throw new ConfigError([{ key: keys.cert, message }]);
  }
  const [cert, key] = await Promise.all([readFile(tlsCertFile, 'utf8'), readFile(tlsKeyFile, 'utf8')]);
  return { cert, key };
}

/**
 * The same for a process of a node: without files of its own, an address beyond loopback is served with the certificate of
 * the node.
 * @throws ConfigError as `readServerTls`
 */
export async function readNodeTls(
  config: { readonly host: string } & Parameters<typeof readServerTls>[0],
  node: { readonly certificatePem: string; readonly keyPem: string },
): Promise<ServerTls | undefined> {
  const given = await readServerTls(config);
  if (given || isLoopback(config.host)) return given;
  return { cert: node.certificatePem, key: node.keyPem };
}
