import { networkInterfaces } from 'node:os';
import cookie from '@fastify/cookie';
import { isCrossSiteChange, usePagePolicy } from '@guildhall/kit';
import { GuildhallError } from '@guildhall/rpc';
import type { FastifyInstance } from 'fastify';

const loopbackHosts = ['localhost', '127.0.0.1', '[::1]'];

interface SecurityOptions {
  readonly isSecure: boolean;
  /** Names and addresses besides loopback by which people reach this console. */
  readonly publicHosts: readonly string[];
}

/** What every answer carries and what no request passes without. */
export async function useSecurity(app: FastifyInstance, options: SecurityOptions): Promise<void> {
  const hosts = new Set([...loopbackHosts, ...options.publicHosts.map(bracketed)]);
  // First: a page of a stranger whose name was pointed at this address (DNS rebinding) must not even get the pages.
  app.addHook('onRequest', async (request) => {
    const host = hostOf(request.headers.host);
    if (!hosts.has(host) && !isOwnAddress(host)) {
      throw new GuildhallError(
        'request.cross-site',
        'This console is not known under this name. Use its address, or add the name to publicHosts.',
      );
    }
    if (isCrossSiteChange(request, (origin) => isOwnOrigin(origin, request.headers.host))) {
      throw new GuildhallError('request.cross-site', 'The request came from another site and was refused.');
    }
  });
  await app.register(cookie);
  await usePagePolicy(app, { isSecure: options.isSecure });
  app.addHook('onRequest', async (request, reply) => {
    if (request.url.startsWith('/api/')) void reply.header('cache-control', 'no-store');
  });
}

/**
 * Any address of this machine, also one it was given a moment ago. Harmless: a rebound name stands in the header as a name,
 * never as an address.
 */
const isOwnAddress = (host: string): boolean =>
  Object.values(networkInterfaces()).some((addresses) =>
    addresses?.some(({ address }) => bracketed(address) === host),
  );

const isOwnOrigin = (origin: string, host: string | undefined): boolean =>
  URL.canParse(origin) && new URL(origin).host === host?.toLowerCase();

function hostOf(header: string | undefined): string {
  return (header ?? '').toLowerCase().replace(/:\d+$/u, '');
}

function bracketed(host: string): string {
  const name = host.toLowerCase();
  return name.includes(':') && !name.startsWith('[') ? `[${name}]` : name;
}
