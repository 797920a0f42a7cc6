import helmet from '@fastify/helmet';
import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import type { ServerResponse } from 'node:http';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';

declare module 'fastify' {
  interface FastifyReply {
    /** One nonce for the scripts and the styles of this answer: Vite writes the same mark for both. */
    pageNonce(): string;
  }
}

/** Stands in a built page where the nonce of each answer belongs. */
const nonceMark = '__CSP_NONCE__';
const yearSeconds = 31_536_000;

export interface PagePolicyOptions {
  /** Served over TLS: browsers are told to come back that way only. */
  readonly isSecure: boolean;
  /** Further sources by directive of Content Security Policy Level 3, e.g. `{ connectSrc: ['wss:'] }`. */
  readonly allow?: Readonly<Record<string, readonly string[]>>;
}

/**
 * The headers of every answer of a server with pages: a content policy that lets in nothing but our own files and what
 * carries the nonce of this answer, no framing, no referrer.
 */
export async function usePagePolicy(app: FastifyInstance, options: PagePolicyOptions): Promise<void> {
  const nonces = new WeakMap<ServerResponse, string>();
  app.addHook('onRequest', async (_request, reply) => {
    nonces.set(reply.raw, randomBytes(16).toString('base64'));
  });
  app.decorateReply('pageNonce', function pageNonce(this: FastifyReply) {
    return nonces.get(this.raw) ?? '';
  });
  const nonce = (_request: unknown, response: ServerResponse): string =>
    `'nonce-${nonces.get(response) ?? ''}'`;
  const self = (directive: string): string[] => ["'self'", ...(options.allow?.[directive] ?? [])];
  await app.register(helmet, {
    contentSecurityPolicy: {
      useDefaults: false,
      directives: {
        defaultSrc: ["'self'"],
        scriptSrc: [...self('scriptSrc'), nonce],
        styleSrc: [...self('styleSrc'), nonce],
        connectSrc: self('connectSrc'),
        imgSrc: [...self('imgSrc'), 'data:'],
        mediaSrc: self('mediaSrc'),
        workerSrc: self('workerSrc'),
        frameAncestors: ["'none'"],
        baseUri: ["'none'"],
        formAction: ["'self'"],
        objectSrc: ["'none'"],
      },
    },
    referrerPolicy: { policy: 'no-referrer' },
    strictTransportSecurity: options.isSecure && { maxAge: yearSeconds, includeSubDomains: false },
    frameguard: { action: 'deny' },
  });
}

const safeMethods = new Set(['GET', 'HEAD', 'OPTIONS', 'TRACE']);

/**
 * Whether another site made a browser send this request, which must then change nothing. A browser says where a request
 * comes from in headers that no page can forge (Fetch Metadata); other programs send neither and are let through.
 */
export function isCrossSiteChange(
  request: FastifyRequest,
  isOwnOrigin: (origin: string) => boolean,
): boolean {
  if (safeMethods.has(request.method)) return false;
  const { origin } = request.headers;
  if (origin !== undefined) return !isOwnOrigin(origin);
  const site = request.headers['sec-fetch-site'];
  return site === 'cross-site' || site === 'same-site';
}

/** Sends a built page with the nonce of this answer; says so when the pages were not built. */
export async function sendPage(reply: FastifyReply, file: string): Promise<FastifyReply> {
  void reply.header('cache-control', 'no-store').type('text/html; charset=utf-8');
  const html = await readFile(file, 'utf8').catch(() => undefined);
  if (html === undefined) {
    return reply
      .code(503)
      .send('<!doctype html><title>Guildhall</title><p>The pages are not built. Run: npm run build');
  }
  return reply.send(html.replaceAll(nonceMark, reply.pageNonce()));
}

/** Sends an SVG icon, kept for a day; 404 when there is none. */
export async function sendIcon(reply: FastifyReply, file: string): Promise<FastifyReply> {
  const svg = await readFile(file).catch(() => undefined);
  if (svg === undefined) {
    reply.callNotFound();
    return reply;
  }
  return reply.header('cache-control', 'public, max-age=86400').type('image/svg+xml').send(svg);
}
