import { request as plainRequest, type IncomingMessage, type RequestOptions } from 'node:http';
import { request as secureRequest } from 'node:https';
import { TLSSocket } from 'node:tls';
import type { Outbound } from '@guildhall/kit/outbound';

const answerWithinMs = 6_000;
const maxBodyBytes = 64 * 1024;

/** What came back from an address, however wrong it was. */
export type Look =
  | {
      readonly kind: 'answer';
      readonly status: number;
      readonly contentType: string;
      readonly body: string;
      /** The server's clock, epoch ms; undefined when it does not say. */
      readonly dateMs: number | undefined;
      /** When the answer came, by our clock, and how long it took. */
      readonly atMs: number;
      readonly tookMs: number;
      /** For https: who issued its certificate and why we do not trust it, if so. */
      readonly tls: { readonly issuer: string; readonly distrust: string | undefined } | undefined;
    }
  | {
      readonly kind: 'error';
      readonly code: string;
      /** The HTTP proxy that was asked; undefined for a direct connection. */
      readonly proxy: string | undefined;
    };

interface LookOptions {
  readonly url: URL;
  /** PEM of every authority trusted. */
  readonly ca: readonly string[];
  readonly headers?: Readonly<Record<string, string>>;
  readonly outbound: Outbound;
  readonly now: () => number;
}

/**
 * Asks an address and keeps what a diagnosis needs. A certificate nobody trusts is looked at all the same: nothing secret
 * is sent, and who issued it is the finding.
 */
export function lookAt({ url, ca, headers = {}, outbound, now }: LookOptions): Promise<Look> {
  const { promise, resolve } = Promise.withResolvers<Look>();
  const startedMs = now();
  const options: RequestOptions = {
    headers,
    signal: AbortSignal.timeout(answerWithinMs),
    agent: outbound.agentFor(url) ?? false,
  };
  const request =
    url.protocol === 'https:'
      ? secureRequest(url, { ...options, ca: [...ca], rejectUnauthorized: false })
      : plainRequest(url, options);
  request.on('error', (error) =>
    resolve({ kind: 'error', code: codeOf(error), proxy: outbound.proxyFor(url) }),
  );
  const answered = (response: IncomingMessage): void => {
    const atMs = now();
    const tls = tlsOf(response);
    let body = '';
    response.setEncoding('utf8');
    response.on('data', (part: string) => {
      if (body.length < maxBodyBytes) body += part;
    });
    const finish = (): void => {
      request.destroy();
      const date = Date.parse(response.headers.date ?? '');
      resolve({
        kind: 'answer',
        status: response.statusCode ?? 0,
        contentType: response.headers['content-type'] ?? '',
        body,
        dateMs: Number.isNaN(date) ? undefined : date,
        atMs,
        tookMs: atMs - startedMs,
        tls,
      });
    };
    response.on('end', finish);
    response.on('error', finish);
  };
  request.on('response', answered);
  request.on('upgrade', (response, socket) => {
    socket.destroy();
    answered(response);
    response.emit('end');
  });
  request.end();
  return promise;
}

function tlsOf({ socket }: IncomingMessage): { issuer: string; distrust: string | undefined } | undefined {
  if (!(socket instanceof TLSSocket)) return undefined;
  const { issuer } = socket.getPeerCertificate();
  const name = [issuer?.O ?? issuer?.CN ?? 'an unknown authority'].flat().join(', ');
  return {
    issuer: name.replaceAll(/[^\x20-\x7e]/gu, '?').slice(0, 100),
    distrust: socket.authorized ? undefined : String(socket.authorizationError ?? 'unknown'),
  };
}

function codeOf(error: Error): string {
  if (error.name === 'TimeoutError' || error.name === 'AbortError') return 'timeout';
  return 'code' in error && typeof error.code === 'string' ? error.code : 'unknown';
}
