import { createServer, request as httpRequest, type Server } from 'node:http';
import { connect } from 'node:net';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { GuildhallError } from './errors.ts';
import type { CloseInfo, Pipe } from './pipe.ts';
import { customerPeer, shopPeer } from './testing.ts';
import { dialWs } from './ws-client.ts';
import { wsPipe } from './ws-pipe.ts';
import { attachWsServer, type WsServerHandle, type WsServerOptions } from './ws-server.ts';

let server: Server;
let handle: WsServerHandle | undefined;
let port = 0;

beforeEach(async () => {
  server = createServer();
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  port = typeof address === 'object' ? (address?.port ?? 0) : 0;
});

afterEach(async () => {
  await handle?.close();
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

const url = (path = '/link'): string => `ws://127.0.0.1:${port}${path}`;
const closeOf = (pipe: Pipe): Promise<CloseInfo> => new Promise((resolve) => pipe.onClose(resolve));

function firstOf(pipes: readonly Pipe[]): Pipe {
  const [pipe] = pipes;
  if (!pipe) throw new Error('nobody came');
  return pipe;
}

/** Serves the shop and answers the pipes of those who came. */
function serve(change: Partial<WsServerOptions<string>> = {}): Pipe[] {
  const pipes: Pipe[] = [];
  handle = attachWsServer<string>({
    server,
    path: '/link',
    maxPayloadBytes: 1_000,
    authorize: () => 'somebody',
    onConnection: (pipe) => {
      pipes.push(pipe);
      shopPeer(pipe);
    },
    ...change,
  });
  return pipes;
}

test('a peer over ws serves a peer over ws', async () => {
  const pipes = serve();
  const customer = customerPeer(await dialWs({ url: url() }));
  expect(await customer.request('item.add', { name: 'nail', count: 3 })).toEqual({ total: 3 });
  customer.close(4410, 'done ✓'.repeat(100));
  const info = await closeOf(firstOf(pipes));
  expect(info.code).toBe(4410);
  expect(info.reason).toMatch(/^done ✓/);
});

test("the platform's own WebSocket does too", async () => {
  serve();
  const socket = new globalThis.WebSocket(url());
  await new Promise((resolve) => socket.addEventListener('open', resolve));
  const customer = customerPeer(wsPipe(socket));
  expect(await customer.request('item.add', { name: 'nail' })).toEqual({ total: 1 });
  // A code which a page may not send becomes one of the range it may.
  customer.close(1013, 'busy');
  expect(await customer.closed).toMatchObject({ code: 1013 });
});

describe('at the upgrade', () => {
  test("a refusal carries the registered error to the dialler, with the registry's status", async () => {
    serve({
      authorize: async () => {
        throw new GuildhallError('node.bad-proof', 'No proof.', { retryAfterMs: 7 });
      },
      statusOf: (code) => (code === 'node.bad-proof' ? 401 : 500),
    });
    await expect(dialWs({ url: url() })).rejects.toMatchObject({
      code: 'node.bad-proof',
      message: 'No proof.',
      retryAfterMs: 7,
      details: { status: 401 },
    });
  });

  test('a fault of ours is a 500 without its text', async () => {
    serve({
      authorize: () => {
        throw new Error('secret detail');
      },
    });
    await expect(dialWs({ url: url() })).rejects.toMatchObject({
      code: 'internal',
      message: expect.not.stringContaining('secret'),
      details: { status: 500 },
    });
  });

  test('pages of other origins are refused', async () => {
    serve({ checkOrigin: (origin) => origin === undefined || origin === 'https://good.example' });
    await expect(dialWs({ url: url(), headers: { origin: 'https://evil.example' } })).rejects.toMatchObject({
      code: 'request.cross-site',
    });
    (await dialWs({ url: url(), headers: { origin: 'https://good.example' } })).close();
    (await dialWs({ url: url() })).close();
  });

  test('other paths are 404, two links on one server keep apart, and a full one says so', async () => {
    serve({ maxConnections: 1 });
    const other = attachWsServer<string>({
      server,
      path: '/other',
      maxPayloadBytes: 10,
      authorize: () => '',
      onConnection: (pipe) => pipe.send('other'),
    });
    await expect(dialWs({ url: url('/nothing') })).rejects.toMatchObject({ details: { status: 404 } });
    const first = await dialWs({ url: url('/link?with=query') });
    await expect(dialWs({ url: url() })).rejects.toMatchObject({
      code: 'overloaded',
      details: { status: 503 },
    });
    const text = await new Promise(
      (resolve) => void dialWs({ url: url('/other') }).then((pipe) => pipe.onMessage(resolve)),
    );
    expect(text).toBe('other');
    first.close();
    await other.close();
  });

  test('nobody there, not a WebSocket server, or cancelled: each says so', async () => {
    await expect(dialWs({ url: 'ws://127.0.0.1:1/link' })).rejects.toMatchObject({
      code: 'link.unreachable',
    });
    server.on('request', (_request, response) => response.end('<html>captive portal</html>'));
    const abort = new AbortController();
    abort.abort();
    await expect(dialWs({ url: url(), signal: abort.signal })).rejects.toMatchObject({
      code: 'request.cancelled',
    });
  });

  test('a redirect is not followed', async () => {
    server.on('upgrade', (_request, socket) => {
      socket.end('HTTP/1.1 302 Found\r\nLocation: ws://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n');
    });
    await expect(dialWs({ url: url() })).rejects.toMatchObject({
      code: 'link.refused',
      details: { status: 302 },
    });
  });
});

async function closeCodeAfter(send: (socket: WebSocket) => void): Promise<number> {
  const socket = new WebSocket(url());
  socket.on('error', () => undefined);
  await new Promise((resolve) => socket.once('open', resolve));
  const code = new Promise<number>((resolve) => socket.once('close', resolve));
  send(socket);
  return code;
}

describe('hostile frames', () => {
  test('oversize closes with 1009, bad UTF-8 with 1007, binary with 1003', async () => {
    serve();
    expect(await closeCodeAfter((socket) => socket.send('x'.repeat(1_001)))).toBe(1009);
    expect(await closeCodeAfter((socket) => socket.send(Buffer.from([0xff, 0xfe]), { binary: false }))).toBe(
      1007,
    );
    expect(await closeCodeAfter((socket) => socket.send(Buffer.from([1])))).toBe(1003);
  });

  test('an unmasked frame closes with 1002', async () => {
    serve();
    expect(await closeCodeAfter((socket) => socket.send('{}', { mask: false }))).toBe(1002);
  });

  test('compression is not offered', async () => {
    serve();
    const headers = await new Promise<object>((resolve) => {
      const upgrade = httpRequest({
        port,
        path: '/link',
        headers: {
          connection: 'Upgrade',
          upgrade: 'websocket',
          'sec-websocket-version': '13',
          'sec-websocket-key': 'dGhlIHNhbXBsZSBub25jZQ==',
          'sec-websocket-extensions': 'permessage-deflate',
        },
      });
      upgrade.on('upgrade', (response, socket) => {
        socket.destroy();
        resolve(response.headers);
      });
      upgrade.end();
    });
    expect(headers).not.toHaveProperty('sec-websocket-extensions');
  });
});

describe('silence', () => {
  test('a client which stops answering pings is dropped', async () => {
    const pipes = serve({ heartbeatMs: 20 });
    const socket = connect(port, '127.0.0.1');
    socket.write(
      'GET /link HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n' +
        'Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n',
    );
    await new Promise((resolve) => socket.once('data', resolve));
    expect((await closeOf(firstOf(pipes))).code).toBe(1006);
    socket.destroy();
  });

  test('a client which answers stays; a server which falls silent is noticed', async () => {
    serve({ heartbeatMs: 20 });
    const pipe = await dialWs({ url: url(), maxSilenceMs: 100 });
    let isClosed = false;
    pipe.onClose(() => (isClosed = true));
    const customer = customerPeer(pipe);
    // Another client counts: ten pings are twice the silence allowed.
    const counter = new WebSocket(url());
    await new Promise<void>((resolve) => {
      let pings = 0;
      counter.on('ping', () => ++pings === 10 && resolve());
    });
    expect(isClosed).toBe(false);
    expect(await customer.request('item.add', { name: 'x' })).toEqual({ total: 1 });
    await handle?.close();
    serve({ heartbeatMs: 60_000 });
    const silent = await dialWs({ url: url(), maxSilenceMs: 50 });
    expect(await closeOf(silent)).toMatchObject({ code: 1006, reason: 'the other side fell silent' });
  });
});

test('close ends every link with its code and is idempotent', async () => {
  serve();
  const pipe = await dialWs({ url: url() });
  const closed = closeOf(pipe);
  await Promise.all([handle?.close(4503, 'stopping'), handle?.close()]);
  expect(await closed).toEqual({ code: 4503, reason: 'stopping' });
  expect(handle?.connections).toBe(0);
  await expect(dialWs({ url: url() })).rejects.toMatchObject({ details: { status: 404 } });
});
