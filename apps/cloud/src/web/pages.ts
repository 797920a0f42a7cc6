import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import fastifyStatic from '@fastify/static';
import { sendIcon, sendPage } from '@guildhall/kit';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { isApi } from './security.ts';

const SHORTLY = 'public, max-age=3600';
const assetPrefixes = ['/portal/', '/meet/'];
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
      cacheControl: false,
      setHeaders: (reply, path) => void reply.header('cache-control', keptFor(path)),
      wildcard: true,
      allowedPath: (path) => !path.endsWith('.html'),
    });
  }
  const index = {
    portal: join(pagesDir, 'portal', 'dist', 'index.html'),
    meet: join(pagesDir, 'meet', 'dist', 'index.html'),
  };
  const hidden = { schema: { hide: true } } as const;
  const icon = join(pagesDir, 'portal', 'dist', 'favicon.svg');
  app.get('/favicon.svg', hidden, (_request, reply) => sendIcon(reply, icon));
  app.get('/favicon.ico', hidden, (_request, reply) => sendIcon(reply, icon));
  app.get('/robots.txt', hidden, (_request, reply) =>
    reply.type('text/plain; charset=utf-8').send('User-agent: *\nDisallow: /\n'),
  );
  const worker = join(pagesDir, 'meet', 'dist', 'sw.js');
  app.get('/sw.js', hidden, async (_request, reply) => {
    const code = await readFile(worker).catch(() => undefined);
    if (code === undefined) return reply.callNotFound();
    return reply.type('text/javascript; charset=utf-8').header('cache-control', 'no-cache').send(code);
  });
  // Any number: whether there is such a meeting, the page asks and tells.
  app.get('/j/:number', hidden, (_request, reply) => sendPage(reply, index.meet));
  // The portal itself for whoever asks: a probe or a person with a program sends no header that asks for a page.
  app.get('/', hidden, (_request, reply) => sendPage(reply, index.portal));
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

/** The names of assets hold a digest of their content. */
const keptFor = (path: string): string =>
  path.includes('/assets/') ? 'public, max-age=31536000, immutable' : SHORTLY;
