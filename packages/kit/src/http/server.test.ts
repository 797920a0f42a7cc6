import { connect } from 'node:net';
import { GuildhallError } from '@guildhall/rpc';
import type { FastifyInstance } from 'fastify';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { createLogger } from '../logger.ts';
import type { ErrorTable } from './errors.ts';
import { createHttpServer, listenHttp } from './server.ts';

const entry = (http: number): { http: number; sentence: string } => ({ http, sentence: `Sentence ${http}.` });
const errorTable: ErrorTable = {
  internal: entry(500),
  'not-found': entry(404),
  'request.invalid': entry(400),
  'request.malformed': entry(400),
  'request.too-large': entry(413),
  'request.headers-too-large': entry(431),
  'request.unsupported-type': entry(415),
  'request.method-not-allowed': entry(405),
  'request.timeout': entry(504),
  'rate.limited': entry(429),
};

const Envelope = z.strictObject({
  error: z.strictObject({
    code: z.string(),
    message: z.string().min(1),
    field: z.string().optional(),
    retryAfterMs: z.number().optional(),
    requestId: z.string().optional(),
  }),
});

let app: FastifyInstance;
let port = 0;
let log: string[] = [];

beforeEach(async () => {
  log = [];
  const logger = createLogger({ role: 'test', destination: { write: (line) => void log.push(line) } });
  app = createHttpServer({ logger, errorTable, bodyLimitBytes: 1_000, requestTimeoutMs: 300 });
  app.post('/echo', async (request) => ({ body: request.body }));
  app.get('/things/:id', async () => ({ ok: true }));
  app.get('/pages/*', async () => 'page');
  app.get('/fail', async () => {
    throw new TypeError('secret detail');
  });
  app.get('/unregistered', async () => {
    throw new GuildhallError('made.up', 'secret detail');
  });
  app.get('/limited', async () => {
    throw new GuildhallError('rate.limited', 'Wait.', { retryAfterMs: 1_500, field: 'password' });
  });
  port = await listenHttp(app, { host: '127.0.0.1', port: 0 });
});
afterEach(() => app.close());

const url = (path: string): string => `http://127.0.0.1:${port}${path}`;
const post = (
  body: string | Uint8Array<ArrayBuffer>,
  headers: Record<string, string> = {},
): Promise<Response> =>
  fetch(url('/echo'), { method: 'POST', body, headers: { 'content-type': 'application/json', ...headers } });

async function refusal(response: Response): Promise<{ status: number; code: string; message: string }> {
  const { error } = Envelope.parse(await response.json());
  expect(response.headers.get('x-request-id')).toBe(error.requestId);
  return { status: response.status, code: error.code, message: error.message };
}

/** Writes bytes to a socket and answers everything that came back. */
function raw(text: string): Promise<string> {
  return new Promise((resolve) => {
    let answer = '';
    const socket = connect(port, '127.0.0.1', () => socket.write(text));
    socket.setEncoding('utf8').on('data', (part: string) => (answer += part));
    socket.on('error', () => undefined).on('close', () => resolve(answer));
  });
}

test('serves JSON with a request id of its own', async () => {
  const response = await post('{"a":[1]}', { 'x-request-id': 'forged\tid' });
  expect(await response.json()).toEqual({ body: { a: [1] } });
  expect(response.headers.get('x-request-id')).toMatch(/^[0-9a-f-]{36}$/);
  expect(response.headers.get('x-content-type-options')).toBe('nosniff');
});

describe('bodies', () => {
  test.each([
    ['truncated', '{"a":', 400, 'request.malformed'],
    ['with a duplicate key', '{"a":1,"a":2}', 400, 'request.malformed'],
    ['with a prototype key', '{"__proto__":{"admin":true}}', 400, 'request.malformed'],
    ['nested too deeply', '['.repeat(100) + ']'.repeat(100), 400, 'request.malformed'],
    ['too large', `"${'x'.repeat(1_001)}"`, 413, 'request.too-large'],
  ])('%s: %s', async (_what, body, status, code) => {
    expect(await refusal(await post(body))).toMatchObject({ status, code });
  });

  test('bad UTF-8, another type, compressed', async () => {
    expect(await refusal(await post(new Uint8Array([0x22, 0xff, 0x22])))).toMatchObject({
      code: 'request.malformed',
    });
    const text = await post('a=1', { 'content-type': 'text/plain' });
    expect(await refusal(text)).toMatchObject({ status: 415, code: 'request.unsupported-type' });
    const zipped = await post('x', { 'content-encoding': 'gzip' });
    expect(await refusal(zipped)).toMatchObject({ status: 415 });
  });

  test('an empty one with the header is no body', async () => {
    expect(await (await post('')).json()).toEqual({});
  });
});

describe('addresses', () => {
  test.each([
    ['GET', '/nothing', 404, 'not-found'],
    ['GET', '/things/%00%c0%ae', 404, 'not-found'],
    ['GET', `/things/${'x'.repeat(300)}`, 404, 'not-found'],
    ['DELETE', '/echo', 405, 'request.method-not-allowed'],
    ['POST', '/things/7', 405, 'request.method-not-allowed'],
    ['POST', '/pages/x', 404, 'not-found'],
  ])('%s %s', async (method, path, status, code) => {
    expect(await refusal(await fetch(url(path), { method }))).toMatchObject({ status, code });
  });

  test('a 405 says what is allowed', async () => {
    const response = await fetch(url('/echo'));
    expect(response.headers.get('allow')).toBe('POST');
  });
});

describe('faults', () => {
  test('ours are told without detail and logged with the request id', async () => {
    const response = await fetch(url('/fail'));
    const text = await response.text();
    expect(response.status).toBe(500);
    expect(text).not.toMatch(/secret detail|server\.test/);
    expect(log.join('')).toContain('secret detail');
    expect(log.join('')).toContain(response.headers.get('x-request-id'));
  });

  test('a code which is not registered never crosses', async () => {
    const response = await fetch(url('/unregistered'));
    expect(await refusal(response)).toEqual({ status: 500, code: 'internal', message: 'Sentence 500.' });
  });

  test('a refusal carries field and when to come back', async () => {
    const response = await fetch(url('/limited'));
    expect(response.headers.get('retry-after')).toBe('2');
    expect(await response.json()).toMatchObject({
      error: { code: 'rate.limited', field: 'password', retryAfterMs: 1_500 },
    });
  });
});

test('closing waits for a request under way, not for connections which ask nothing', async () => {
  const started = Promise.withResolvers<void>();
  const gate = Promise.withResolvers<string>();
  const closing = createHttpServer({ logger: createLogger({ role: 'test', level: 'silent' }), errorTable });
  closing.get('/slow', () => {
    started.resolve();
    return gate.promise;
  });
  const slowPort = await listenHttp(closing, { host: '127.0.0.1', port: 0 });
  const idle = connect(slowPort, '127.0.0.1');
  const idleClosed = new Promise((resolve) => idle.once('close', resolve));
  const answer = fetch(`http://127.0.0.1:${slowPort}/slow`).then((response) => response.text());
  await started.promise;
  const closed = closing.close();
  await idleClosed;
  gate.resolve('done');
  expect(await answer).toBe('done');
  await closed;
});

describe('broken HTTP', () => {
  test('16 KiB of headers, or more than a hundred: 431', async () => {
    const long = await raw(`GET /things/1 HTTP/1.1\r\nHost: x\r\nX-Long: ${'x'.repeat(17_000)}\r\n\r\n`);
    expect(long).toMatch(/^HTTP\/1\.1 431 /);
    expect(long).toContain('"request.headers-too-large"');
    const many = Array.from({ length: 120 }, (_, index) => `X-${index}: 1\r\n`).join('');
    expect(await raw(`GET /things/1 HTTP/1.1\r\nHost: x\r\nConnection: close\r\n${many}\r\n`)).toMatch(
      /^HTTP\/1\.1 431 /,
    );
  });

  test('length and chunks together: 400 and closed', async () => {
    const smuggled =
      'POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n';
    expect(await raw(smuggled)).toMatch(/^HTTP\/1\.1 400 .*"request.malformed"/s);
  });

  test('a request which never ends: 408', async () => {
    const head = 'POST /echo HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n';
    expect(await raw(`${head}Content-Length: 10\r\n\r\n{`)).toMatch(/^HTTP\/1\.1 408 /);
  });

  test('what is no HTTP at all: 400, and the server lives', async () => {
    expect(await raw('\u0016\u0003\u0001 hello\r\n\r\n')).toMatch(/^HTTP\/1\.1 400 /);
    expect((await fetch(url('/things/1'))).status).toBe(200);
  });
});
