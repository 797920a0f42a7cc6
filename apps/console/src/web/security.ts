import cookie from '@fastify/cookie';
import helmet from '@fastify/helmet';
import { GuildhallError } from '@guildhall/rpc';
import type { FastifyInstance, FastifyRequest } from 'fastify';

const safeMethods = new Set(['GET', 'HEAD', 'OPTIONS']);
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
    if (!hosts.has(hostOf(request.headers.host))) {
      throw new GuildhallError(
        'request.cross-site',
        'This console is not known under this name. Use its address, or add the name to publicHosts.',
      );
    }
    if (!safeMethods.has(request.method) && isFromElsewhere(request)) {
      throw new GuildhallError('request.cross-site', 'The request came from another site and was refused.');
    }
  });
  await app.register(cookie);
  await app.register(helmet, {
    enableCSPNonces: true,
    contentSecurityPolicy: {
      useDefaults: false,
      directives: {
        defaultSrc: ["'self'"],
        scriptSrc: ["'self'"],
        styleSrc: ["'self'"],
        imgSrc: ["'self'", 'data:'],
        connectSrc: ["'self'"],
        frameAncestors: ["'none'"],
        baseUri: ["'none'"],
        formAction: ["'self'"],
        objectSrc: ["'none'"],
      },
    },
    referrerPolicy: { policy: 'no-referrer' },
    frameguard: { action: 'deny' },
    strictTransportSecurity: options.isSecure && { maxAge: 31_536_000, includeSubDomains: false },
  });
  app.addHook('onRequest', async (request, reply) => {
    if (request.url.startsWith('/api/')) void reply.header('cache-control', 'no-store');
  });
}

/** A browser says where a request comes from in headers that no page can forge; other programs send neither. */
function isFromElsewhere(request: FastifyRequest): boolean {
  const { origin, host } = request.headers;
  if (origin !== undefined) return !URL.canParse(origin) || new URL(origin).host !== host?.toLowerCase();
  const site = request.headers['sec-fetch-site'];
  return site === 'cross-site' || site === 'same-site';
}

function hostOf(header: string | undefined): string {
  return (header ?? '').toLowerCase().replace(/:\d+$/u, '');
}

function bracketed(host: string): string {
  const name = host.toLowerCase();
  return name.includes(':') && !name.startsWith('[') ? `[${name}]` : name;
}
