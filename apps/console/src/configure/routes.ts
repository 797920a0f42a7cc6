import { ConfigureRequest } from '@guildhall/protocol';
import type { FastifyInstance } from 'fastify';
import { readBody } from '../read-body.ts';
import type { Configurer } from './configure.ts';

/** `GET|POST /configure`. */
export function registerConfigureRoutes(
  app: FastifyInstance,
  { configurer }: { readonly configurer: Configurer },
): void {
  app.get('/api/v1/configure', () => configurer.view());

  app.post('/api/v1/configure', (request) => configurer.submit(readBody(ConfigureRequest, request.body)));
}
