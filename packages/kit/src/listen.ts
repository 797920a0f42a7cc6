import type { AddressInfo, Server } from 'node:net';
import { isIP } from 'node:net';
import { GuildhallError } from '@guildhall/rpc';
import { ConfigError } from './config/config.ts';

export interface ListenTarget {
  host: string;
  /** 0: any free port. */
  port: number;
  /** The environment variable which moves the port, for the sentence when it is taken. */
  variable?: string;
}

/** Listens and answers the port in use. @throws GuildhallError `port.in-use`, ConfigError; both with a one-line sentence */
export async function listen(server: Server, target: ListenTarget): Promise<number> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  server.once('error', reject);
  server.listen({ host: target.host, port: target.port }, resolve);
  try {
    await promise;
  } catch (error) {
    throw listenError(error, target);
  } finally {
    server.off('error', reject);
  }
  return portOf(server.address());
}

/** Port of a listening server; 0 when it has none. */
export function portOf(address: AddressInfo | string | null): number {
  return typeof address === 'object' && address !== null ? address.port : 0;
}

/** A failed listen as a sentence for people; other errors are answered as they are. */
export function listenError(error: unknown, { host, port, variable }: ListenTarget): unknown {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  const move = variable === undefined ? 'choose another one' : `set ${variable} to choose another one`;
  switch (code) {
    case 'EADDRINUSE':
      return new GuildhallError(
        'port.in-use',
        `Port ${port} on ${host} is taken by another program; ${move}.`,
      );
    case 'EACCES':
      return refused('port', `Port ${port} on ${host} needs more rights than this user has; ${move}.`);
    case 'EADDRNOTAVAIL':
    case 'ENOTFOUND':
      return refused('host', `${host} is not an address of this machine, so nothing can listen on it.`);
    default:
      return error;
  }
}

/** Whether only this machine can reach what listens on `host`. */
export function isLoopback(host: string): boolean {
  const name = host.replace(/^\[|\]$/g, '').toLowerCase();
  if (name === 'localhost' || name.endsWith('.localhost')) return true;
  if (isIP(name) === 4) return name.startsWith('127.');
  return name === '::1';
}

/** Passwords and seats never cross a network in the clear. @throws ConfigError */
export function assertLoopbackOrTls(host: string, hasTls: boolean): void {
  if (hasTls || isLoopback(host)) return;
  const way = 'give a certificate or listen on 127.0.0.1';
  throw refused('host', `Plain HTTP is only allowed on loopback, and ${host} is not; ${way}.`);
}

function refused(key: string, message: string): ConfigError {
  return new ConfigError([{ key, message }]);
}
