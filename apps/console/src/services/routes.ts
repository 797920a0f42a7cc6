import {
  DrainRequest,
  ServiceAction,
  ServiceActionRequest,
  ServiceName,
  type ConsoleStatus,
} from '@guildhall/protocol';
import { GuildhallError } from '@guildhall/rpc';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { readBody } from '../read-body.ts';
import type { Drain } from './drain.ts';
import type { Supervisor } from './supervisor.ts';

interface ServiceRoutesOptions {
  readonly supervisor: Supervisor;
  readonly drain: Drain;
  readonly status: () => Promise<ConsoleStatus>;
  /** @throws GuildhallError when nobody is signed in or may not operate */
  readonly requireOperator: (request: FastifyRequest) => void;
  readonly requireViewer: (request: FastifyRequest) => void;
}

const Path = z.object({ name: z.string(), action: z.string() });

/** `GET /status`, `POST /services/{name}/{action}`, and the drain of the router. */
export function registerServiceRoutes(app: FastifyInstance, options: ServiceRoutesOptions): void {
  const { supervisor, drain, status, requireOperator, requireViewer } = options;

  app.get('/api/v1/status', async (request) => {
    requireViewer(request);
    return status();
  });

  app.post('/api/v1/services/mmr/drain', async (request) => {
    requireOperator(request);
    const { deadlineMinutes } = readBody(DrainRequest, request.body ?? {});
    await drain.start(deadlineMinutes * 60_000);
    return status();
  });

  app.post('/api/v1/services/mmr/drain/cancel', async (request) => {
    requireOperator(request);
    await drain.cancel();
    return status();
  });

  app.post('/api/v1/services/:name/:action', async (request) => {
    requireOperator(request);
    const path = Path.parse(request.params);
    const name = ServiceName.safeParse(path.name);
    const action = ServiceAction.safeParse(path.action);
    if (!name.success || !action.success) {
      throw new GuildhallError('service.unknown', 'There is no such service or action on this node.');
    }
    const { confirmed } = readBody(ServiceActionRequest, request.body);
    const before = await status();
    if (action.data !== 'start' && before.meetings > 0 && confirmed !== true) {
      const sentence = `${before.meetings} meetings with ${before.participants} people run now and would be interrupted. Confirm it to go on.`;
      throw new GuildhallError('request.invalid', sentence, { field: 'confirmed' });
    }
    await supervisor.act(name.data, action.data);
    return status();
  });
}
