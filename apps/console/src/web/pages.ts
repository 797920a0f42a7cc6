import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import fastifyStatic from '@fastify/static';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';

/** Stands in the built page where the nonce of each answer belongs. */
const nonceMark = '__CSP_NONCE__';
const base = '/console/';

/** The console's pages as Vite built them, with base `/console/`. */
export async function usePages(app: FastifyInstance, pagesDir: string): Promise<void> {
  const assets = join(pagesDir, 'assets');
  if (existsSync(assets)) {
    await app.register(fastifyStatic, {
      root: assets,
      prefix: `${base}assets/`,
      decorateReply: false,
      index: false,
      preCompressed: true,
      // Their names hold a digest of their content.
      immutable: true,
      maxAge: '1y',
    });
  }
  app.get('/', (_request, reply) => reply.redirect(base));
  app.get('/console', (_request, reply) => reply.redirect(base));
  app.get(base, (_request, reply) => sendPage(reply, pagesDir));
  app.get('/favicon.svg', (_request, reply) => sendIcon(reply, pagesDir));
  app.get('/console/favicon.svg', (_request, reply) => sendIcon(reply, pagesDir));
  // The page's own router knows these addresses.
  app.get('/console/*', (request, reply) =>
    wantsPage(request) ? sendPage(reply, pagesDir) : reply.callNotFound(),
  );
}

const wantsPage = ({ headers, url }: FastifyRequest): boolean =>
  (headers.accept ?? '').includes('text/html') && !url.startsWith(`${base}assets/`);

async function sendPage(reply: FastifyReply, pagesDir: string): Promise<FastifyReply> {
  void reply.header('cache-control', 'no-store').type('text/html; charset=utf-8');
  const html = await readFile(join(pagesDir, 'index.html'), 'utf8').catch(() => undefined);
  if (html === undefined) {
    return reply
      .code(503)
      .send('<!doctype html><title>Guildhall</title><p>The pages are not built. Run: npm run build');
  }
  return reply.send(html.replaceAll(nonceMark, reply.cspNonce.script));
}

async function sendIcon(reply: FastifyReply, pagesDir: string): Promise<FastifyReply> {
  const icon = await readFile(join(pagesDir, 'favicon.svg')).catch(() => undefined);
  if (!icon) {
    reply.callNotFound();
    return reply;
  }
  return reply.header('cache-control', 'public, max-age=86400').type('image/svg+xml').send(icon);
}
