import cookie from '@fastify/cookie';
import helmet from '@fastify/helmet';
import { randomBytes } from 'node:crypto';
import type { ServerResponse } from 'node:http';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { refuse } from '../refuse.ts';

declare module 'fastify' {
  interface FastifyReply {
    /** One nonce for the scripts and the styles of this answer: Vite writes the same mark for both. */
    pageNonce(): string;
  }
}

const safeMethods = new Set(['GET', 'HEAD', 'OPTIONS', 'TRACE']);

/** Where a page may connect to: zone controllers and routers are on other ports and hosts, which only the join tells. */
const loopbackTargets = ['http://localhost:*', 'ws://localhost:*', 'http://127.0.0.1:*', 'ws://127.0.0.1:*'];

export interface SecurityOptions {
  readonly isSecure: boolean;
  /** Whether a page of this origin is ours. */
  readonly isOwnOrigin: (origin: string) => boolean;
}

/** Headers of every answer, cookies, and the refusal of what other sites make a browser send. */
export async function useSecurity(app: FastifyInstance, options: SecurityOptions): Promise<void> {
  await app.register(cookie);
  const nonces = new WeakMap<ServerResponse, string>();
  app.addHook('onRequest', async (_request, reply) => {
    nonces.set(reply.raw, randomBytes(16).toString('base64'));
  });
  app.decorateReply('pageNonce', function pageNonce(this: FastifyReply) {
    return nonces.get(this.raw) ?? '';
  });
  const nonce = (_request: unknown, response: ServerResponse): string =>
    `'nonce-${nonces.get(response) ?? ''}'`;
  await app.register(helmet, {
    contentSecurityPolicy: {
      useDefaults: false,
      directives: {
        defaultSrc: ["'self'"],
        scriptSrc: ["'self'", nonce],
        styleSrc: ["'self'", nonce],
        connectSrc: ["'self'", ...(options.isSecure ? ['https:', 'wss:'] : loopbackTargets)],
        imgSrc: ["'self'", 'data:', 'blob:'],
        mediaSrc: ["'self'", 'blob:'],
        workerSrc: ["'self'", 'blob:'],
        frameAncestors: ["'none'"],
        baseUri: ["'none'"],
        formAction: ["'self'"],
        objectSrc: ["'none'"],
      },
    },
    referrerPolicy: { policy: 'no-referrer' },
    strictTransportSecurity: options.isSecure && { maxAge: 31_536_000, includeSubDomains: false },
    frameguard: { action: 'deny' },
  });
  app.addHook('onRequest', async (request, reply) => {
    void reply.header('permissions-policy', 'camera=(self), microphone=(self), display-capture=(self)');
    if (isApi(request.url)) {
      void reply.header('cache-control', 'no-store');
      if (request.method === 'HEAD') throw refuse('request.method-not-allowed');
    }
    if (!safeMethods.has(request.method) && isFromElsewhere(request, options.isOwnOrigin)) {
      throw refuse('request.cross-site');
    }
  });
}

export const isApi = (url: string): boolean => url.startsWith('/api/') || url.startsWith('/control');

/** A browser tells where a request comes from in headers no page can forge; other programs send neither. */
function isFromElsewhere(request: FastifyRequest, isOwnOrigin: (origin: string) => boolean): boolean {
  const { origin } = request.headers;
  if (origin !== undefined) return !isOwnOrigin(origin);
  const site = request.headers['sec-fetch-site'];
  return site === 'cross-site' || site === 'same-site';
}
