import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { GuildhallError } from '@guildhall/rpc';
import type { Registry } from 'prom-client';
import { showsSecret } from './control-secret.ts';
import { assertLoopbackOrTls, isLoopback, listen, type ListenTarget } from './listen.ts';
import type { Logger } from './logger.ts';
import { createRedactor } from './redact.ts';

const maxBodyChars = 16_384;

/** An answer of a health question, with what it rests on. */
export interface HealthReport {
  readonly ok: boolean;
  /** Shown as they are; numbers, words and booleans only, never a secret. */
  readonly facts?: Readonly<Record<string, unknown>>;
}

export interface AdminOptions {
  logger: Logger;
  /** Default 0: any free port. */
  port?: number;
  /** Loopback only; default 127.0.0.1. */
  host?: string;
  variable?: string;
  /** Alive: false only when a restart would help. A dependency being down is not that. */
  health: () => HealthReport | Promise<HealthReport>;
  /** Useful: false while it cannot do its work (dependency down, draining). */
  ready: () => HealthReport | Promise<HealthReport>;
  metrics: Registry;
  /** Everything an operator wants to see when puzzled; secrets are masked. */
  debugState: () => unknown;
  /**
   * What may be asked for by `POST` (application/json) besides, by path. Whatever runs on this machine may: nothing that
   * needs a right. A GuildhallError is answered with its code and sentence.
   */
  actions?: Readonly<Record<string, Action>>;
  /** Orders, likewise; only for who shows the secret of this start (`Authorization: Bearer …`). */
  control?: { readonly secret: string; readonly orders: Readonly<Record<string, Action>> };
}

export interface Admin {
  readonly port: number;
  /** Idempotent. */
  close(): Promise<void>;
}

/**
 * /healthz, /readyz (200 or 503), /metrics (Prometheus) and /debug/state (JSON) on loopback.
 * @throws ConfigError for a host which is not loopback; GuildhallError `port.in-use`
 */
export async function startAdmin(options: AdminOptions): Promise<Admin> {
  const target: ListenTarget = {
    host: options.host ?? '127.0.0.1',
    port: options.port ?? 0,
    ...(options.variable !== undefined && { variable: options.variable }),
  };
  assertLoopbackOrTls(target.host, false);
  const redact = createRedactor();
  const routes: Record<string, (response: ServerResponse) => Promise<void>> = {
    '/healthz': async (response) => report(response, await options.health()),
    '/readyz': async (response) => report(response, await options.ready()),
    '/metrics': async (response) => {
      const text = await options.metrics.metrics();
      response.writeHead(200, { 'content-type': options.metrics.contentType }).end(text);
    },
    '/debug/state': async (response) =>
      json(response, 200, redact({ state: await options.debugState() })['state']),
  };
  const server = createServer((request, response) => {
    // A page of the web whose name was pointed at loopback (DNS rebinding) must not read this.
    if (!isLoopback((request.headers.host ?? '').replace(/:\d+$/, '')))
      return json(response, 403, { ok: false });
    const path = (request.url ?? '').split('?', 1)[0] ?? '';
    const action = ownOf(options.actions, path);
    if (action) return act(action, request, response, options.logger);
    const order = ownOf(options.control?.orders, path);
    if (order) {
      if (!options.control || !showsSecret(request.headers.authorization, options.control.secret))
        return json(response, 401, {});
      return act(order, request, response, options.logger);
    }
    const route = Object.hasOwn(routes, path) ? routes[path] : undefined;
    if (!route) return json(response, 404, { routes: Object.keys(routes) });
    if (request.method !== 'GET') return json(response, 405, {});
    route(response).catch((error: unknown) => {
      options.logger.error({ err: error, path }, 'an admin page failed');
      if (!response.headersSent) json(response, 500, { ok: false });
    });
  });
  const port = await listen(server, target);
  let closing: Promise<void> | undefined;
  return {
    port,
    close: () =>
      (closing ??= new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      })),
  };
}

type Action = (body: unknown) => Promise<unknown>;

function ownOf(actions: Readonly<Record<string, Action>> | undefined, path: string): Action | undefined {
  return actions && Object.hasOwn(actions, path) ? actions[path] : undefined;
}

function act(action: Action, request: IncomingMessage, response: ServerResponse, logger: Logger): void {
  if (request.method !== 'POST') return json(response, 405, {});
  // A page of the web can send a form here without asking, but neither JSON nor a request without its origin.
  const isJson = request.headers['content-type'] === 'application/json';
  if (!isJson || request.headers.origin !== undefined) return json(response, 403, {});
  const run = async (): Promise<void> => json(response, 200, await action(await readJson(request)));
  run().catch((error: unknown) => {
    if (!(error instanceof GuildhallError)) logger.error({ err: error }, 'an admin action failed');
    const known = error instanceof GuildhallError;
    const code = known ? error.code : 'internal.error';
    const message = known ? error.message : 'The request failed.';
    if (!response.headersSent) json(response, known ? 422 : 500, { error: { code, message } });
  });
}

async function readJson(request: IncomingMessage): Promise<unknown> {
  let text = '';
  request.setEncoding('utf8');
  for await (const part of request) {
    text += String(part);
    if (text.length > maxBodyChars)
      throw new GuildhallError('request.too-large', 'The request is too large.');
  }
  try {
    const body: unknown = JSON.parse(text);
    return body;
  } catch {
    throw new GuildhallError('request.invalid', 'The request is not JSON.');
  }
}

function report(response: ServerResponse, { ok, facts }: HealthReport): void {
  json(response, ok ? 200 : 503, { ok, ...facts });
}

function json(response: ServerResponse, status: number, value: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json', 'cache-control': 'no-store' });
  response.end(`${JSON.stringify(value, null, 2)}\n`);
}
