import type { IncomingMessage, Server } from 'node:http';
import type { Duplex } from 'node:stream';
import { WebSocketServer, type WebSocket } from 'ws';
import type { LinkLogger } from './clock.ts';
import { GuildhallError, isGuildhallError } from './errors.ts';
import { wsCloseCodes, type Pipe } from './pipe.ts';
import { wsPipe } from './ws-pipe.ts';

/** What is known of a dialler when its link opens. */
export interface WsConnection<Identity> {
  readonly request: IncomingMessage;
  /** What `authorize` answered. */
  readonly identity: Identity;
  readonly remoteAddress: string;
}

export interface WsServerOptions<Identity> {
  server: Server;
  /** Exact path, without the query. */
  path: string;
  /** Largest message in bytes; larger ones close the socket with 1009 before they are buffered. */
  maxPayloadBytes: number;
  /** Links open at once; more are refused with 503. Default 10,000. */
  maxConnections?: number;
  /** Whether pages of this origin may dial. `undefined`: no Origin header (not a browser). Default: all. */
  checkOrigin?: (origin: string | undefined, request: IncomingMessage) => boolean;
  /** Runs before the upgrade; a GuildhallError thrown refuses it. */
  authorize: (request: IncomingMessage) => Promise<Identity> | Identity;
  /** HTTP status of a refusal by its code; default 403. */
  statusOf?: (code: string) => number;
  onConnection: (pipe: Pipe, connection: WsConnection<Identity>) => void;
  /** Pause between pings; a socket which left two unanswered is dropped. Default 5,000 ms. */
  heartbeatMs?: number;
  logger?: LinkLogger;
}

export interface WsServerHandle {
  readonly connections: number;
  /** Refuses new links and closes the open ones. Idempotent. Does not close the HTTP server. */
  close(code?: number, reason?: string): Promise<void>;
}

type UpgradeHandler = (request: IncomingMessage, socket: Duplex, head: Buffer) => void;

/** Several links may live on one HTTP server; exactly one listener decides whose an upgrade is. */
const routesOf = new WeakMap<Server, Map<string, UpgradeHandler>>();
const MISSED_PINGS = 2;
const CLOSE_GRACE_MS = 1_000;

/** Serves a WebSocket link on a path of an HTTP server. @throws Error when the path is taken. */
export function attachWsServer<Identity>(options: WsServerOptions<Identity>): WsServerHandle {
  const { heartbeatMs = 5_000, maxConnections = 10_000 } = options;
  const wssOptions = {
    noServer: true,
    maxPayload: options.maxPayloadBytes,
    // Never: a compressed bomb, and memory per link.
    perMessageDeflate: false,
    closeTimeout: CLOSE_GRACE_MS,
    clientTracking: true,
  };
  const wss = new WebSocketServer(wssOptions);
  const unansweredPings = new WeakMap<WebSocket, number>();
  let upgrading = 0;
  let isClosed = false;

  const upgrade = async (request: IncomingMessage, socket: Duplex, head: Buffer): Promise<void> => {
    const identity = await admit(options, request, wss.clients.size + upgrading - 1 >= maxConnections);
    if (isClosed) throw new GuildhallError('link.unreachable', 'This server is closing.');
    wss.handleUpgrade(request, socket, head, (webSocket) => {
      unansweredPings.set(webSocket, 0);
      webSocket.on('pong', () => unansweredPings.set(webSocket, 0));
      const remoteAddress = request.socket.remoteAddress ?? '';
      options.onConnection(wsPipe(webSocket), { request, identity, remoteAddress });
    });
  };

  const heartbeat = setInterval(() => {
    for (const webSocket of wss.clients) {
      const unanswered = unansweredPings.get(webSocket) ?? 0;
      if (unanswered >= MISSED_PINGS) {
        webSocket.terminate();
        continue;
      }
      unansweredPings.set(webSocket, unanswered + 1);
      webSocket.ping();
    }
  }, heartbeatMs);
  heartbeat.unref();

  const removeRoute = addRoute(options.server, options.path, (request, socket, head) => {
    upgrading++;
    // The peer may vanish while we look at its credentials.
    socket.on('error', ignore);
    void upgrade(request, socket, head)
      .catch((error: unknown) => refuse(socket, error, options))
      .finally(() => {
        upgrading--;
        socket.off('error', ignore);
      });
  });

  return {
    get connections() {
      return wss.clients.size;
    },
    async close(code = wsCloseCodes.goingAway, reason = 'the server is closing') {
      if (isClosed) return;
      isClosed = true;
      removeRoute();
      clearInterval(heartbeat);
      const gone = [...wss.clients].map(
        (webSocket) => new Promise<void>((resolve) => void webSocket.once('close', () => resolve())),
      );
      for (const webSocket of wss.clients) webSocket.close(code, reason);
      await Promise.all(gone);
      wss.close();
    },
  };
}

async function admit<Identity>(
  options: WsServerOptions<Identity>,
  request: IncomingMessage,
  isFull: boolean,
): Promise<Identity> {
  if (isFull)
    throw new GuildhallError('overloaded', 'This server holds as many links as it can; try again later.');
  const { origin } = request.headers;
  if (options.checkOrigin && !options.checkOrigin(origin, request)) {
    throw new GuildhallError('request.cross-site', 'Pages of this origin may not open this link.');
  }
  return options.authorize(request);
}

function addRoute(server: Server, path: string, handler: UpgradeHandler): () => void {
  let routes = routesOf.get(server);
  if (!routes) {
    const created = new Map<string, UpgradeHandler>();
    server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
      const route = created.get((request.url ?? '').split('?', 1)[0] ?? '');
      if (route) route(request, socket, head);
      else
        respond(
          socket,
          404,
          new GuildhallError('request.unknown-method', 'There is no link at this address.'),
        );
    });
    routesOf.set(server, created);
    routes = created;
  }
  if (routes.has(path)) throw new Error(`there is already a link at ${path}`);
  routes.set(path, handler);
  return () => routes.delete(path);
}

function refuse(
  socket: Duplex,
  error: unknown,
  options: Pick<WsServerOptions<unknown>, 'logger' | 'statusOf'>,
): void {
  if (isGuildhallError(error)) {
    const status = error.code === 'overloaded' ? 503 : (options.statusOf?.(error.code) ?? 403);
    return respond(socket, status, error);
  }
  options.logger?.error({ err: error }, 'the check of a dialler failed');
  respond(socket, 500, new GuildhallError('internal', 'Something went wrong on our side.'));
}

/** The same envelope as on HTTP: the dialler can tell why. */
function respond(socket: Duplex, status: number, error: GuildhallError): void {
  const { code, message, field, retryAfterMs } = error;
  const body = JSON.stringify({ error: { code, message, field, retryAfterMs } });
  const head = [
    `HTTP/1.1 ${status} Refused`,
    'Connection: close',
    'Content-Type: application/json; charset=utf-8',
    `Content-Length: ${Buffer.byteLength(body)}`,
  ];
  socket.on('error', ignore);
  socket.end(`${head.join('\r\n')}\r\n\r\n${body}`);
}

function ignore(): void {
  // A socket which breaks while it is refused needs no more attention.
}
