import { createServer, request as plainRequest, type Server } from 'node:http';
import { createServer as createSecureServer, request as secureRequest } from 'node:https';
import { createServer as createNetServer, type Socket } from 'node:net';
import { ConnectProxy } from '@guildhall/testkit/connect-proxy';
import { afterEach, describe, expect, test } from 'vitest';
import { systemClock } from '../clock.ts';
import { listen } from '../listen.ts';
import { createAuthority, createServerCertificate } from '../tls/index.ts';
import { Outbound, type ProxySettings } from './outbound.ts';

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).toReversed()) await cleanup();
});

async function proxyWith(options: Parameters<typeof ConnectProxy.start>[0]): Promise<ConnectProxy> {
  const proxy = await ConnectProxy.start({ names: { 'cloud.example': '127.0.0.1' }, ...options });
  cleanups.push(() => proxy.kill());
  return proxy;
}

async function serve(server: Server): Promise<number> {
  cleanups.push(() => {
    server.closeAllConnections();
    server.close();
  });
  return listen(server, { host: '127.0.0.1', port: 0 });
}

const through = (url: string, more: Partial<ProxySettings> = {}) =>
  new Outbound({ url, bypass: [], ...more });

/** Status and body, or the code and sentence of what failed. */
function ask(outbound: Outbound, url: URL, ca?: string): Promise<string> {
  const { promise, resolve } = Promise.withResolvers<string>();
  const agent = outbound.agentFor(url) ?? false;
  const request =
    url.protocol === 'https:'
      ? secureRequest(url, { agent, ...(ca !== undefined && { ca }) })
      : plainRequest(url, { agent });
  request.on('error', (error) =>
    resolve('code' in error ? `${String(error.code)}: ${error.message}` : error.message),
  );
  request.on('response', (response) => {
    let text = '';
    response.setEncoding('utf8').on('data', (part: string) => (text += part));
    response.on('end', () => resolve(`${response.statusCode} ${text}`));
  });
  request.end();
  return promise;
}

describe('through a proxy', () => {
  test('http and https reach a name that only the proxy knows, by a tunnel', async () => {
    const authority = await createAuthority({ commonName: 'Test', clock: systemClock });
    const { certPem, keyPem } = await createServerCertificate({
      authority,
      hosts: ['cloud.example'],
      clock: systemClock,
    });
    const plain = await serve(createServer((_request, response) => response.end('plain')));
    const secure = await serve(
      createSecureServer({ cert: certPem, key: keyPem }, (_request, response) => response.end('secure')),
    );
    const proxy = await proxyWith({});
    const outbound = through(proxy.url);
    expect(await ask(outbound, new URL(`http://cloud.example:${plain}`))).toBe('200 plain');
    expect(await ask(outbound, new URL(`https://cloud.example:${secure}`), authority.certPem)).toBe(
      '200 secure',
    );
    expect(proxy.asked).toEqual([`cloud.example:${plain}`, `cloud.example:${secure}`]);
    // Who the server is, is still proved end to end.
    expect(await ask(outbound, new URL(`https://cloud.example:${secure}`))).toMatch(/^UNABLE_TO_/u);
    // Directly: neither a private address nor a name that is excepted.
    expect(await ask(outbound, new URL(`http://127.0.0.1:${plain}`))).toBe('200 plain');
    expect(
      await ask(
        through(proxy.url, { bypass: ['localhost.example', '127.0.0.1'] }),
        new URL(`http://localhost:${plain}`),
      ),
    ).toBe('200 plain');
    expect(proxy.asked).toHaveLength(3);
  });

  test('credentials go to the proxy and never to the server', async () => {
    const seen: unknown[] = [];
    const port = await serve(
      createServer(({ headers }, response) => {
        seen.push(headers['proxy-authorization']);
        response.end('in');
      }),
    );
    const proxy = await proxyWith({ credentials: 'hall:a:b' });
    const url = new URL(`http://cloud.example:${port}`);
    expect(await ask(through(proxy.url, { credentials: 'hall:a:b' }), url)).toBe('200 in');
    expect(seen).toEqual([undefined]);
    for (const credentials of [undefined, 'hall:wrong']) {
      const refusal = await ask(through(proxy.url, { credentials }), url);
      expect(refusal).toMatch(/^proxy\.sign-in-required: .*407/u);
      expect(refusal).not.toContain('wrong');
    }
  });

  test('what the proxy did wrong is told apart', async () => {
    const proxy = await proxyWith({ ports: [443] });
    const target = new URL('http://cloud.example:81');
    expect(await ask(through(proxy.url), target)).toMatch(
      /^proxy\.refused: .*cloud\.example:81 \(HTTP 403\)/u,
    );
    await proxy.kill();
    expect(await ask(through(proxy.url), target)).toMatch(/^proxy\.unreachable: .*nothing listens there/u);
    const nameless = await ask(through('http://proxy.invalid:3128'), target);
    expect(nameless).toMatch(/^proxy\.unreachable: .*name cannot be resolved/u);
    const web = await serve(createServer((_request, response) => response.end()));
    expect(await ask(through(`http://127.0.0.1:${web}`), target)).toMatch(/^proxy\.unreachable: /u);
  });

  test('who gives up leaves no connection to a silent proxy behind', async () => {
    const { promise: arrived, resolve: arrive } = Promise.withResolvers<Socket>();
    const silent = createNetServer(arrive);
    const port = await listen(silent, { host: '127.0.0.1', port: 0 });
    cleanups.push(() => void silent.close());
    const url = new URL('http://cloud.example');
    const agent = through(`http://127.0.0.1:${port}`).agentFor(url);
    const request = plainRequest(url, { agent });
    const failed = new Promise<Error>((resolve) => request.on('error', resolve));
    request.end();
    const socket = await arrived;
    socket.resume();
    const gone = new Promise((resolve) => socket.on('close', resolve));
    request.destroy();
    await gone;
    expect(await failed).toBeInstanceOf(Error);
  });
});
