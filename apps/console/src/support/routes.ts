import type { FastifyInstance } from 'fastify';
import type { SupportBundle } from './support.ts';

/** `GET /support-bundle`. */
export function registerSupportRoutes(app: FastifyInstance, bundle: SupportBundle): void {
  app.get('/api/v1/support-bundle', async (_request, reply) => {
    void reply
      .type('application/gzip')
      .header('content-disposition', `attachment; filename="${bundle.name}"`);
    return reply.send(bundle.stream());
  });
}
