import { DownloadList, ErrorEnvelope } from '@guildhall/protocol';
import { z } from 'zod';
import { audit } from '../audit.ts';
import { refuse } from '../refuse.ts';
import type { App } from '../web/types.ts';
import { doc } from './doc.ts';
import type { ConnectorServices } from './types.ts';

const Params = z.strictObject({ name: z.string().min(1).max(255) });

/** What can be installed, from the folder the operator named. */
export function addDownloadRoutes(app: App, services: ConnectorServices): void {
  const { callers, downloads } = services;

  app.get(
    '/api/v1/connector/downloads',
    { schema: doc('What can be installed', DownloadList, {}) },
    async (request) => {
      await callers.administrator(request);
      return { configured: downloads.isConfigured, downloads: await downloads.list() };
    },
  );

  app.get(
    '/api/v1/connector/downloads/:name',
    {
      schema: {
        tags: ['Connector'],
        summary: 'One of the files that can be installed',
        description: 'Owners and administrators.',
        params: Params,
        response: { 200: z.any().describe('The file'), default: ErrorEnvelope },
      },
    },
    async (request, reply) => {
      const caller = await callers.administrator(request);
      const { name } = request.params;
      const file = await downloads.open(name);
      if (!file) throw refuse('not-found');
      await audit(services, caller, 'connector.downloaded', name);
      return reply
        .header('content-type', 'application/octet-stream')
        .header('content-length', file.sizeBytes)
        .header('content-disposition', `attachment; filename="${name}"`)
        .header('cache-control', 'private, no-store')
        .send(file.stream);
    },
  );
}
