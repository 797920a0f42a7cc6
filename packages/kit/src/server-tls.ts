import { readFile } from 'node:fs/promises';
import { ConfigError } from './config/config.ts';

/** PEM texts of a server's certificate chain and its key. */
export interface ServerTls {
  readonly cert: string;
  readonly key: string;
}

/** The files that `tlsCertFile` and `tlsKeyFile` name; undefined when neither is given. @throws ConfigError */
export async function readServerTls(config: {
  readonly tlsCertFile?: string | undefined;
  readonly tlsKeyFile?: string | undefined;
}): Promise<ServerTls | undefined> {
  const { tlsCertFile, tlsKeyFile } = config;
  if (tlsCertFile === undefined && tlsKeyFile === undefined) return undefined;
  if (tlsCertFile === undefined || tlsKeyFile === undefined) {
    const message = 'tlsCertFile and tlsKeyFile belong together; give both or none.';
    throw new ConfigError([{ key: 'tlsCertFile', message }]);
  }
  const [cert, key] = await Promise.all([readFile(tlsCertFile, 'utf8'), readFile(tlsKeyFile, 'utf8')]);
  return { cert, key };
}
