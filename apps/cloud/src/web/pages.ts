import { readFile } from 'node:fs/promises';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import fastifyStatic from '@fastify/static';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { isApi } from './security.ts';

const NONCE_MARK = '__CSP_NONCE__';
const assetPrefixes = ['/portal/', '/meet/'];
const ICON =
  '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32"><rect width="32" height="32" rx="8" fill="#2b5ce6"/>' +
  '<path d="M6 15 16 7l10 8v3h-2v7h-4v-7h-2v7h-4v-7h-2v7H8v-7H6z" fill="#fff"/></svg>';

/** The portal and the meeting page with their assets, as Vite built them. */
export async function usePages(app: FastifyInstance, pagesDir: string): Promise<void> {
  for (const name of ['portal', 'meet'] as const) {
    const root = join(pagesDir, name, 'dist');
    if (!existsSync(root)) continue;
    await app.register(fastifyStatic, {
      root,
      prefix: `/${name}/`,
      decorateReply: false,
      index: false,
      preCompressed: true,
      // Their names hold a digest of their content.
      immutable: true,
      maxAge: '1y',
      wildcard: true,
      allowedPath: (path) => !path.endsWith('.html'),
    });
  }
  const index = {
    portal: join(pagesDir, 'portal', 'dist', 'index.html'),
    meet: join(pagesDir, 'meet', 'dist', 'index.html'),
  };
  const hidden = { schema: { hide: true } } as const;
  app.get('/favicon.svg', hidden, (_request, reply) => icon(reply));
  app.get('/favicon.ico', hidden, (_request, reply) => icon(reply));
  app.get('/robots.txt', hidden, (_request, reply) =>
    reply.type('text/plain; charset=utf-8').send('User-agent: *\nDisallow: /\n'),
  );
  // Any number: whether there is such a meeting, the page asks and tells.
  app.get('/j/:number', hidden, (_request, reply) => sendPage(reply, index.meet));
  app.get('/*', hidden, (request, reply) => {
    if (!wantsPage(request)) return reply.callNotFound();
    return sendPage(reply, index.portal);
  });
}

/** Addresses of the portal's own router; everything else that is missing gets the envelope. */
function wantsPage(request: FastifyRequest): boolean {
  const { url } = request;
  if (isApi(url) || url === '/api' || assetPrefixes.some((prefix) => url.startsWith(prefix))) return false;
  return (request.headers.accept ?? '').includes('text/html');
}

async function sendPage(reply: FastifyReply, path: string): Promise<FastifyReply> {
  void reply.header('cache-control', 'no-store').type('text/html; charset=utf-8');
  let html: string;
  try {
    html = await readFile(path, 'utf8');
  } catch {
    return reply
      .code(503)
      .send('<!doctype html><title>Guildhall</title><p>The pages are not built. Run: npm run build');
  }
  return reply.send(html.replaceAll(NONCE_MARK, reply.pageNonce()));
}

const icon = (reply: FastifyReply): FastifyReply =>
  reply.header('cache-control', 'public, max-age=86400').type('image/svg+xml').send(ICON);
