import type { Agent } from 'node:http';
import { WebSocket, type ClientOptions } from 'ws';
import { z } from 'zod';
import { GuildhallError } from './errors.ts';
import { wsCloseCodes, type Pipe } from './pipe.ts';
import { wsPipe } from './ws-pipe.ts';

export interface WsDialOptions {
  /** `ws:` or `wss:`. */
  url: string;
  headers?: Record<string, string>;
  /** PEM of the authorities trusted instead of the system's. */
  ca?: string | string[];
  /** Name the certificate must carry when it is not the URL's. */
  servername?: string;
  /** Makes the connection, for instance through a proxy. What it fails with is told as the cause. */
  agent?: Agent | undefined;
  /** Default 10,000 ms. */
  handshakeTimeoutMs?: number;
  /** Largest message taken, bytes; default 1 MiB. */
  maxPayloadBytes?: number;
  /** The server pings; a link silent for longer than this is dead and closed. Default 20,000 ms. */
  maxSilenceMs?: number;
  signal?: AbortSignal;
}

const MAX_REFUSAL_BYTES = 4096;
const Refusal = z.object({
  error: z.object({ code: z.string(), message: z.string(), retryAfterMs: z.number().optional() }),
});

/**
 * Dials a WebSocket link from Node. Redirects are not followed.
 * @throws GuildhallError what the server refused with, `link.refused`, `link.unreachable` or `request.cancelled`
 */
export function dialWs(options: WsDialOptions): Promise<Pipe> {
  return new Promise((resolve, reject) => {
    const { signal } = options;
    if (signal?.aborted) return reject(cancelled());
    const socket = new WebSocket(options.url, socketOptions(options));
    const abort = (): void => {
      socket.terminate();
      reject(cancelled());
    };
    signal?.addEventListener('abort', abort, { once: true });
    const settled = (): void => signal?.removeEventListener('abort', abort);
    socket.on('error', (error) => {
      settled();
      reject(unreachable(options.url, error));
    });
    socket.on('unexpected-response', (request, response) => {
      settled();
      let body = '';
      response.setEncoding('utf8');
      response.on('data', (part: string) => {
        body += part;
        if (body.length > MAX_REFUSAL_BYTES) response.destroy();
      });
      response.on('error', () => undefined);
      response.on('close', () => {
        request.destroy();
        reject(refusalOf(options.url, response.statusCode ?? 0, body));
      });
    });
    socket.on('open', () => {
      settled();
      resolve(watchSilence(socket, options.maxSilenceMs ?? 20_000));
    });
  });
}

function socketOptions(options: WsDialOptions): ClientOptions {
  const { headers, ca, servername, agent } = options;
  const chosen = {
    ...(headers && { headers }),
    ...(ca !== undefined && { ca }),
    ...(servername !== undefined && { servername }),
    ...(agent && { agent }),
    handshakeTimeout: options.handshakeTimeoutMs ?? 10_000,
    maxPayload: options.maxPayloadBytes ?? 1024 * 1024,
    perMessageDeflate: false,
    followRedirects: false,
    closeTimeout: 1_000,
  };
  return chosen;
}

function watchSilence(socket: WebSocket, maxSilenceMs: number): Pipe {
  const pipe = wsPipe(socket);
  const timer = setTimeout(() => {
    pipe.close(wsCloseCodes.abnormal, 'the other side fell silent');
    socket.terminate();
  }, maxSilenceMs);
  timer.unref();
  const heard = (): void => void timer.refresh();
  socket.on('ping', heard);
  socket.on('message', heard);
  socket.on('close', () => clearTimeout(timer));
  return pipe;
}

function refusalOf(url: string, status: number, body: string): GuildhallError {
  const read = Refusal.safeParse(parse(body));
  if (read.success) {
    const { code, message, retryAfterMs } = read.data.error;
    return new GuildhallError(code, message, { retryAfterMs, details: { status } });
  }
  return new GuildhallError('link.refused', `${withoutQuery(url)} refused the link with HTTP ${status}.`, {
    details: { status },
  });
}

function parse(body: string): unknown {
  try {
    const value: unknown = JSON.parse(body);
    return value;
  } catch {
    return undefined;
  }
}

function unreachable(url: string, cause: Error): GuildhallError {
  const why = cause.message.replace(/\.$/u, '');
  return new GuildhallError('link.unreachable', `${withoutQuery(url)} cannot be reached: ${why}.`, { cause });
}

function cancelled(): GuildhallError {
  return new GuildhallError('request.cancelled', 'The dialling was cancelled.');
}

/** A query may hold a token, which has no place in a sentence. */
function withoutQuery(url: string): string {
  return url.split('?', 1)[0] ?? url;
}
