import type { FastifyInstance } from 'fastify';
import type { SelfTest } from './self-test.ts';

/** `GET|POST /self-test`. */
export function registerSelfTestRoutes(app: FastifyInstance, selfTest: SelfTest): void {
  app.get('/api/v1/self-test', async () => selfTest.state);

  app.post('/api/v1/self-test', async (_request, reply) => reply.code(202).send(selfTest.begin()));
}
