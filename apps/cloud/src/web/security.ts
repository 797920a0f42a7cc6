import cookie from '@fastify/cookie';
import { isCrossSiteChange, usePagePolicy } from '@guildhall/kit';
import type { FastifyInstance } from 'fastify';
import { refuse } from '../refuse.ts';

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
  await usePagePolicy(app, {
    isSecure: options.isSecure,
    allow: {
      connectSrc: options.isSecure ? ['https:', 'wss:'] : loopbackTargets,
      imgSrc: ['blob:'],
      mediaSrc: ['blob:'],
      workerSrc: ['blob:'],
    },
  });
  app.addHook('onRequest', async (request, reply) => {
    void reply.header('permissions-policy', 'camera=(self), microphone=(self), display-capture=(self)');
    if (isApi(request.url)) {
      void reply.header('cache-control', 'no-store');
      if (request.method === 'HEAD') throw refuse('request.method-not-allowed');
    }
    if (isCrossSiteChange(request, options.isOwnOrigin)) throw refuse('request.cross-site');
  });
}

export const isApi = (url: string): boolean => url.startsWith('/api/') || url.startsWith('/control');
