import { PairRequest } from '@guildhall/protocol';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { readBody } from '../read-body.ts';
import type { Pairer } from './pairing.ts';

interface PairingRoutesOptions {
  readonly pairer: Pairer;
  /** @throws GuildhallError when nobody is signed in or may not operate */
  readonly requireOperator: (request: FastifyRequest) => void;
  readonly requireViewer: (request: FastifyRequest) => void;
}

/** `GET|POST /pairing`. */
export function registerPairingRoutes(app: FastifyInstance, options: PairingRoutesOptions): void {
  const { pairer, requireOperator, requireViewer } = options;

  app.get('/api/v1/pairing', async (request) => {
    requireViewer(request);
    return pairer.state;
  });

  app.post('/api/v1/pairing', async (request) => {
    requireOperator(request);
    return pairer.pair(readBody(PairRequest, request.body));
  });
}
