import { createServer, type Server } from 'node:http';
import { createServer as createNet } from 'node:net';
import { FakeClock, listen } from '@guildhall/kit';
import { Outbound } from '@guildhall/kit/outbound';
import { createAuthority, issueCertificate } from '@guildhall/kit/tls';
import { ConnectProxy } from '@guildhall/testkit/connect-proxy';
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { silentLogger } from '@guildhall/kit';
import { afterEach, expect, test } from 'vitest';
import { z } from 'zod';
import { orderCertificate } from './acme.ts';
import { CertificateFiles } from './files.ts';
import { assertUsable, describe } from './inspect.ts';

/**
 * A little authority that speaks RFC 8555 as far as one order goes: it fetches the challenge over HTTP, as a real one
 * does, but does not check signatures or nonces of the account.
 */
class Authority {
  readonly #clock = new FakeClock();
  server: Server | undefined;
  origin = '';
  challengePort = 0;
  readonly fetched: string[] = [];
  #certPem = '';
  #proved = false;

  async start(): Promise<void> {
    this.server = createServer((request, response) => {
      let body = '';
      request.setEncoding('utf8').on('data', (part: string) => (body += part));
      request.on('end', () => {
        const reply = async (): Promise<void> => {
          const { status = 200, headers = {}, json, text } = await this.#answer(request.url ?? '', body);
          const always = { 'replay-nonce': 'bm9uY2U', 'content-type': 'application/json' };
          response.writeHead(status, { ...always, ...headers });
          response.end(text ?? (json === undefined ? '' : JSON.stringify(json)));
        };
        void reply();
      });
    });
    this.origin = `http://authority.example:${await listen(this.server, { host: '127.0.0.1', port: 0 })}`;
  }

  async #answer(
    url: string,
    body: string,
  ): Promise<{ status?: number; headers?: Record<string, string>; json?: unknown; text?: string }> {
    const at = (path: string): string => `${this.origin}${path}`;
    const order = (status: string) => ({
      status,
      identifiers: [{ type: 'dns', value: 'connector.example' }],
      authorizations: [at('/authz')],
      finalize: at('/finalize'),
      certificate: at('/certificate'),
    });
    const challenge = {
      type: 'http-01',
      url: at('/challenge'),
      token: 'tokentokentoken',
      status: this.#proved ? 'valid' : 'pending',
    };
    switch (url) {
      case '/directory':
        return { json: { newNonce: at('/nonce'), newAccount: at('/account'), newOrder: at('/order') } };
      case '/account':
        return { status: 201, headers: { location: at('/account/1') }, json: { status: 'valid' } };
      case '/order':
        return { status: 201, headers: { location: at('/order/1') }, json: order('pending') };
      case '/order/1':
        return { json: order(this.#certPem === '' ? 'ready' : 'valid') };
      case '/authz':
        return {
          json: {
            status: this.#proved ? 'valid' : 'pending',
            identifier: { type: 'dns', value: 'connector.example' },
            challenges: [challenge],
          },
        };
      case '/challenge': {
        const answer = await fetch(
          `http://127.0.0.1:${this.challengePort}/.well-known/acme-challenge/tokentokentoken`,
        );
        this.fetched.push(await answer.text());
        this.#proved = answer.ok;
        return { json: { ...challenge, status: this.#proved ? 'valid' : 'invalid' } };
      }
      case '/finalize': {
        const { payload } = z.object({ payload: z.string() }).parse(JSON.parse(body));
        const { csr } = z
          .object({ csr: z.string() })
          .parse(JSON.parse(Buffer.from(payload, 'base64url').toString()));
        const der = Buffer.from(csr, 'base64url').toString('base64');
        const authority = await createAuthority({ commonName: 'Stub authority', clock: this.#clock });
        this.#certPem = await issueCertificate({
          authority,
          hosts: ['connector.example'],
          csrPem: `-----BEGIN CERTIFICATE REQUEST-----\n${der}\n-----END CERTIFICATE REQUEST-----\n`,
          clock: this.#clock,
        });
        return { headers: { location: at('/order/1') }, json: order('valid') };
      }
      case '/certificate':
        return { headers: { 'content-type': 'application/pem-certificate-chain' }, text: this.#certPem };
      default:
        return {};
    }
  }
}

const directories: string[] = [];
const authority = new Authority();
afterEach(() => {
  authority.server?.close();
  for (const directory of directories.splice(0)) rmSync(directory, { recursive: true, force: true });
});

async function freePort(): Promise<number> {
  const probe = createNet();
  const port = await listen(probe, { host: '127.0.0.1', port: 0 });
  await new Promise((resolve) => probe.close(resolve));
  return port;
}

test('an order is proved over http-01, through a proxy, and ends with a certificate for a key that was made here', async () => {
  await authority.start();
  await using proxy = await ConnectProxy.start({ names: { 'authority.example': '127.0.0.1' } });
  const dir = mkdtempSync(join(tmpdir(), 'acme-'));
  directories.push(dir);
  const files = new CertificateFiles(dir, silentLogger);
  const port = await freePort();
  authority.challengePort = port;
  const { certPem, keyPem } = await orderCertificate({
    directoryUrl: `${authority.origin}/directory`,
    email: 'admin@connector.example',
    hosts: ['connector.example'],
    files,
    challenge: { host: '127.0.0.1', port },
    outbound: new Outbound({ url: proxy.url, bypass: [] }),
  });
  expect(authority.fetched[0]).toMatch(/^tokentokentoken\.[\w-]{43}$/u);
  assertUsable(certPem, keyPem, new FakeClock().now());
  expect(describe(certPem).issuer).toBe('CN=Stub authority');
  expect(statSync(files.accountKeyPath).mode & 0o777).toBe(0o600);
  // The web server for the challenges is gone again.
  await expect(fetch(`http://127.0.0.1:${port}/`)).rejects.toThrow('fetch failed');
});
