import {
  CreateCertificateRequest,
  OrderCertificateRequest,
  UploadCertificateRequest,
} from '@guildhall/protocol';
import type { FastifyInstance } from 'fastify';
import { readBody } from '../read-body.ts';
import type { Certificates } from './certificates.ts';

/** `/certificates` and what is below it. */
export function registerCertificateRoutes(app: FastifyInstance, certificates: Certificates): void {
  app.get('/api/v1/certificates', async () => certificates.state);

  app.put('/api/v1/certificates', async (request) =>
    certificates.upload(readBody(UploadCertificateRequest, request.body)),
  );

  app.post('/api/v1/certificates/request', async (request) =>
    certificates.createRequest(readBody(CreateCertificateRequest, request.body).hosts),
  );

  app.delete('/api/v1/certificates/request', async () => certificates.dropRequest());

  app.post('/api/v1/certificates/account', async () => certificates.useAccount());

  app.post('/api/v1/certificates/order', async (request, reply) => {
    const state = certificates.order(readBody(OrderCertificateRequest, request.body));
    return reply.code(202).send(state);
  });
}
