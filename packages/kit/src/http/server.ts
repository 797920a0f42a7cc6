import { randomUUID } from 'node:crypto';
import { createServer as createPlain, type RequestListener, type Server } from 'node:http';
import { createServer as createSecure } from 'node:https';
import type { Socket } from 'node:net';
import { GuildhallError, parseStrictJson, StrictJsonError } from '@guildhall/rpc';
import {
  fastify,
  type FastifyError,
  type FastifyInstance,
  type FastifyReply,
  type FastifyRequest,
} from 'fastify';
import { listenError, portOf, type ListenTarget } from '../listen.ts';
import type { Logger } from '../logger.ts';
import { closeInTime } from './closing.ts';
import { envelopeOf, toRegistered, type ErrorTable } from './errors.ts';
import { RouteBook } from './route-book.ts';

export interface HttpServerOptions {
  logger: Logger;
  /** Codes, statuses and sentences: `errorCodes` of packages/protocol. */
  errorTable: ErrorTable;
  /** PEM. Without it plain HTTP, which `assertLoopbackOrTls` keeps on loopback. */
  tls?: { cert: string; key: string };
  /** Largest body; default 64 KiB. */
  bodyLimitBytes?: number;
  /** Nesting of arrays and objects in a body; default 32. */
  maxDepth?: number;
  /** How long a request may take to arrive; default 15,000 ms. */
  requestTimeoutMs?: number;
}

const MAX_HEADER_BYTES = 16 * 1024;
const MAX_HEADERS = 100;
const MAX_CONNECTION_IDLE_MS = 65_000;

/**
 * A Fastify instance with the house's floor: strict JSON, size and time limits, one error envelope, no stack traces,
 * a request id on each answer. Routes, cookies and schemas are the caller's.
 */
export function createHttpServer(options: HttpServerOptions): FastifyInstance {
  const { errorTable, bodyLimitBytes = 64 * 1024 } = options;
  const refusals = new Refusals(options.logger, errorTable);
  const app = fastify({
    serverFactory: (handler) => rawServer(options, handler),
    bodyLimit: bodyLimitBytes,
    logger: false,
    trustProxy: false,
    // Always our own: an id given by a stranger would end in the log.
    genReqId: () => randomUUID(),
    requestIdHeader: false,
    routerOptions: { maxParamLength: 200, ignoreTrailingSlash: false },
    clientErrorHandler: (error, socket) => answerRawError(error, socket, errorTable),
    frameworkErrors: (error: FastifyError, request: FastifyRequest, reply: FastifyReply) => {
      void refusals.send(error, request, reply);
    },
  });
  closeInTime(app, app.server);
  const routes = new RouteBook();
  app.addHook('onRoute', ({ method, url }) => routes.add(method, url));
  app.addHook('onRequest', async (request, reply) => {
    void reply.header('x-request-id', request.id).header('x-content-type-options', 'nosniff');
    if (request.raw.rawHeaders.length / 2 > MAX_HEADERS)
      throw refusal('request.headers-too-large', errorTable);
    // No decompression: a small body must not become a large one.
    const encoding = request.headers['content-encoding'];
    if (encoding !== undefined && encoding !== 'identity')
      throw refusal('request.unsupported-type', errorTable);
  });
  useStrictJson(app, { maxDepth: options.maxDepth ?? 32, maxBytes: bodyLimitBytes });
  app.setErrorHandler((error, request, reply) => refusals.send(error, request, reply));
  app.setNotFoundHandler((request, reply) => {
    const allowed = routes.methodsAt(request.url.split('?', 1)[0] ?? '');
    if (allowed.length === 0) return refusals.send(refusal('not-found', errorTable), request, reply);
    void reply.header('allow', allowed.join(', '));
    return refusals.send(refusal('request.method-not-allowed', errorTable), request, reply);
  });
  return app;
}

/** Listens and answers the port in use. @throws GuildhallError `port.in-use`, ConfigError; one line for people */
export async function listenHttp(app: FastifyInstance, target: ListenTarget): Promise<number> {
  try {
    await app.listen({ host: target.host, port: target.port });
  } catch (error) {
    throw listenError(error, target);
  }
  return portOf(app.server.address());
}

function rawServer(options: HttpServerOptions, handler: RequestListener): Server {
  const limits = {
    maxHeaderSize: MAX_HEADER_BYTES,
    requestTimeout: options.requestTimeoutMs ?? 15_000,
    headersTimeout: Math.min(options.requestTimeoutMs ?? 15_000, 10_000),
    keepAliveTimeout: MAX_CONNECTION_IDLE_MS,
    // Node checks the two timeouts above only this often.
    connectionsCheckingInterval: 1_000,
  };
  if (!options.tls) return createPlain(limits, handler);
  const { cert, key } = options.tls;
  return createSecure({ ...limits, cert, key, minVersion: 'TLSv1.2' }, handler);
}

function useStrictJson(app: FastifyInstance, limits: { maxDepth: number; maxBytes: number }): void {
  const decoder = new TextDecoder('utf-8', { fatal: true });
  app.removeAllContentTypeParsers();
  app.addContentTypeParser(
    'application/json',
    { parseAs: 'buffer' },
    async (_request: FastifyRequest, body: Buffer) => {
      // Clients which always send the header also send it without a body (DELETE).
      if (body.length === 0) return undefined;
      try {
        return parseStrictJson(decoder.decode(body), limits);
      } catch (error) {
        const why = error instanceof StrictJsonError ? error.message : 'The body is not valid UTF-8.';
        throw new GuildhallError('request.malformed', why);
      }
    },
  );
}

/** Writes refusals and logs our own faults. */
class Refusals {
  readonly #logger: Logger;
  readonly #table: ErrorTable;

  constructor(logger: Logger, table: ErrorTable) {
    this.#logger = logger;
    this.#table = table;
  }

  send(error: unknown, request: FastifyRequest, reply: FastifyReply): FastifyReply {
    const requestId = request.id;
    const path = request.url.split('?', 1)[0];
    const known = toRegistered(error, this.#table);
    if (!known)
      this.#logger.error({ err: error, requestId, method: request.method, path }, 'a request failed');
    else
      this.#logger.debug(
        { code: known.code, requestId, method: request.method, path },
        'a request was refused',
      );
    const told = known ?? refusal('internal', this.#table);
    if (told.retryAfterMs !== undefined)
      void reply.header('retry-after', Math.ceil(told.retryAfterMs / 1000));
    const status = this.#table[told.code]?.http ?? 500;
    return reply
      .code(status)
      .header('x-request-id', requestId)
      .header('cache-control', 'no-store')
      .type('application/json; charset=utf-8')
      .serializer((body: unknown) => JSON.stringify(body))
      .send(envelopeOf(told, requestId));
  }
}

function refusal(code: string, table: ErrorTable): GuildhallError {
  return new GuildhallError(code, table[code]?.sentence ?? 'The request was refused.');
}

/** Answers what never became a request: broken framing, oversized or slow headers. */
function answerRawError(error: Error & { code?: string }, socket: Socket, table: ErrorTable): void {
  if (socket.destroyed || !socket.writable || error.code === 'ECONNRESET') {
    socket.destroy();
    return;
  }
  const told = refusal(rawErrorCode(error.code), table);
  const status = told.code === 'request.timeout' ? 408 : (table[told.code]?.http ?? 400);
  const body = JSON.stringify(envelopeOf(told));
  socket.end(
    `HTTP/1.1 ${status} Refused\r\nConnection: close\r\nContent-Type: application/json; charset=utf-8\r\n` +
      `Content-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
  );
}

function rawErrorCode(code: string | undefined): string {
  if (code === 'HPE_HEADER_OVERFLOW') return 'request.headers-too-large';
  return code === 'ERR_HTTP_REQUEST_TIMEOUT' ? 'request.timeout' : 'request.malformed';
}
