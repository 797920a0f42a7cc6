import {
  NetworkApplyRequest,
  NetworkChangeRequest,
  NetworkPlanRequest,
  type ConsoleMe,
} from '@guildhall/protocol';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { readBody } from '../read-body.ts';
import type { Network } from './network.ts';

interface NetworkRoutesOptions {
  readonly network: Network;
  readonly requireOperator: (request: FastifyRequest) => ConsoleMe;
}

/** `GET /network`, `GET|PUT /network/settings`, `POST /network/{plan|confirm|rollback}`. */
export function registerNetworkRoutes(app: FastifyInstance, options: NetworkRoutesOptions): void {
  const { network, requireOperator } = options;

  app.get('/api/v1/network', () => network.status());

  app.get('/api/v1/network/settings', () => network.view());

  app.post('/api/v1/network/plan', (request) =>
    network.plan(readBody(NetworkPlanRequest, request.body).form),
  );

  app.put('/api/v1/network/settings', (request) => {
    const { username } = requireOperator(request);
    const { rev, form } = readBody(NetworkApplyRequest, request.body);
    return network.apply(rev, form, username);
  });

  app.post('/api/v1/network/confirm', (request) => {
    const { username } = requireOperator(request);
    return network.confirm(readBody(NetworkChangeRequest, request.body).id, username);
  });

  app.post('/api/v1/network/rollback', (request) => {
    const { username } = requireOperator(request);
    return network.rollback(readBody(NetworkChangeRequest, request.body).id, username);
  });
}
