import { ActivateVersionRequest, RestartNowRequest, UploadPartQuery } from '@guildhall/protocol';
import { GuildhallError } from '@guildhall/rpc';
import type { FastifyInstance } from 'fastify';
import { readBody } from '../read-body.ts';
import type { Restarter } from './restarter.ts';
import type { Updates } from './updates.ts';

/** A bundle comes in parts, so that each arrives within the time a request may take, also over a slow line. */
const maxPartBytes = 4 * 1024 * 1024;

/** `/updates` and what is below it. */
export async function registerUpdateRoutes(
  app: FastifyInstance,
  updates: Updates,
  restarter: Pick<Restarter, 'restartNow'>,
): Promise<void> {
  app.get('/api/v1/updates', async () => updates.state());

  app.post('/api/v1/updates/install', async () => updates.install());

  app.post('/api/v1/updates/activate', async (request) =>
    updates.activate(readBody(ActivateVersionRequest, request.body).version),
  );

  app.post('/api/v1/updates/restart-now', async (request) => {
    readBody(RestartNowRequest, request.body);
    restarter.restartNow();
    return updates.state();
  });

  // In a scope of its own: no other route takes this kind of body.
  await app.register(async (scope) => {
    scope.addContentTypeParser(
      'application/octet-stream',
      { parseAs: 'buffer' },
      async (_request: unknown, body: Buffer) => body,
    );
    scope.put('/api/v1/updates/upload', { bodyLimit: maxPartBytes }, async (request) => {
      const { offset } = readBody(UploadPartQuery, request.query);
      if (!Buffer.isBuffer(request.body)) {
        throw new GuildhallError('request.unsupported-type', 'Send the part as application/octet-stream.');
      }
      return updates.addPart(offset, request.body);
    });
  });
}
