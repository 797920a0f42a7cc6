import { existsSync } from 'node:fs';
import { join } from 'node:path';
import fastifyStatic from '@fastify/static';
import { sendIcon, sendPage } from '@guildhall/kit';
import type { FastifyInstance, FastifyRequest } from 'fastify';

const base = '/console/';

/** The console's pages as Vite built them, with base `/console/`. */
export async function usePages(app: FastifyInstance, pagesDir: string): Promise<void> {
  const assets = join(pagesDir, 'assets');
  const index = join(pagesDir, 'index.html');
  const icon = join(pagesDir, 'favicon.svg');
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
  app.get(base, (_request, reply) => sendPage(reply, index));
  app.get('/favicon.svg', (_request, reply) => sendIcon(reply, icon));
  app.get('/console/favicon.svg', (_request, reply) => sendIcon(reply, icon));
  // The page's own router knows these addresses.
  app.get('/console/*', (request, reply) =>
    wantsPage(request) ? sendPage(reply, index) : reply.callNotFound(),
  );
}

const wantsPage = ({ headers, url }: FastifyRequest): boolean =>
  (headers.accept ?? '').includes('text/html') && !url.startsWith(`${base}assets/`);
