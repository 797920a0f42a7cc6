import swagger from '@fastify/swagger';
import swaggerUi from '@fastify/swagger-ui';
import { productVersion } from '@guildhall/protocol';
import type { FastifyInstance } from 'fastify';
import { jsonSchemaTransform } from 'fastify-type-provider-zod';

/** Swagger UI brings its styles with it and writes some of them into elements; scripts stay its own files. */
const DOCS_CSP =
  "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; font-src 'self' data:; " +
  "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; object-src 'none'";

/** The OpenAPI description, made from the routes themselves, and a page to read it. Before the routes. */
export async function useApiDocs(app: FastifyInstance): Promise<void> {
  await app.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: {
        title: 'Guildhall portal API',
        version: productVersion,
        description:
          'People sign in with a session cookie. Requests are strict: an unknown key is refused with its name. Every refusal has the form of ErrorEnvelope; docs/errors.md lists the codes.',
      },
    },
    transform: jsonSchemaTransform,
  });
  await app.register(swaggerUi, {
    routePrefix: '/api/docs',
    uiConfig: { validatorUrl: null, docExpansion: 'list' },
    staticCSP: DOCS_CSP,
    theme: {
      title: 'Guildhall portal API',
      // The bar on top would only advertise the tool.
      css: [{ filename: 'guildhall.css', content: '.swagger-ui .topbar { display: none; }' }],
    },
  });
  app.get('/api/v1/openapi.json', { schema: { hide: true } }, (_request, reply) =>
    reply.type('application/json; charset=utf-8').send(JSON.stringify(app.swagger())),
  );
}
