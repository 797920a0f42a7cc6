import { MediaProbeRequest } from '@guildhall/protocol';
import type { FastifyInstance } from 'fastify';
import { readBody } from '../read-body.ts';
import { openMediaProbe } from './media-probe.ts';
import type { SelfTest } from './self-test.ts';

/** `GET|POST /self-test`, and what the page needs to try the media ports from the browser. */
export function registerSelfTestRoutes(app: FastifyInstance, selfTest: SelfTest): void {
  app.get('/api/v1/self-test', async () => selfTest.state);

  app.post('/api/v1/self-test', async (_request, reply) => reply.code(202).send(selfTest.begin()));

  app.post('/api/v1/self-test/media-probe', async ({ body }) =>
    openMediaProbe(selfTest.runDir, readBody(MediaProbeRequest, body)),
  );
}
