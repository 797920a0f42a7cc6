import type { FastifyInstance } from 'fastify';
import type { Guards } from './guards.ts';

declare module 'fastify' {
  interface FastifyInstance {
    /** Every route of the API with who may call it; a test walks it. */
    readonly accessTable: readonly RouteAccess[];
  }
}

/** Who may call a route: anybody; who is signed in, also before the forced change of the password; who may look; who may operate. */
export type Access = 'anybody' | 'signed-in' | 'view' | 'operate';

/**
 * Every route of the API which does not follow the rule "reading needs View, everything else needs Operate". Because the
 * rule holds for what does not stand here, a route somebody forgets is closed and not open.
 */
const exceptions: Readonly<Record<string, Access>> = {
  'POST /api/v1/session': 'anybody',
  'DELETE /api/v1/session': 'anybody',
  'GET /api/v1/me': 'signed-in',
  'PUT /api/v1/me/password': 'signed-in',
  // Changes nothing: whoever may look may see whether the own browser gets through.
  'POST /api/v1/self-test/media-probe': 'view',
  // Reading, but of more than a page shows.
  'GET /api/v1/support-bundle': 'operate',
};

export interface RouteAccess {
  readonly method: string;
  readonly url: string;
  readonly access: Access;
}

function accessOf(method: string, url: string): Access {
  return exceptions[`${method} ${url}`] ?? (method === 'GET' || method === 'HEAD' ? 'view' : 'operate');
}

/** Guards every route below `/api/` that is registered from now on, before its body is read. */
export function useAccess(app: FastifyInstance, guards: Guards): void {
  const table: RouteAccess[] = [];
  app.decorate('accessTable', table);
  app.addHook('onRoute', ({ method, url }) => {
    if (!url.startsWith('/api/')) return;
    for (const one of [method].flat()) table.push({ method: one, url, access: accessOf(one, url) });
  });
  app.addHook('onRequest', async (request) => {
    const { url } = request.routeOptions;
    if (url === undefined || !url.startsWith('/api/')) return;
    const access = accessOf(request.method, url);
    if (access === 'signed-in') guards.requireSignedIn(request);
    if (access === 'view') guards.requireViewer(request);
    if (access === 'operate') guards.requireOperator(request);
  });
}
