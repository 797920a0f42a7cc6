import { FakeClock, silentLogger } from '@guildhall/kit';
import { Outbound } from '@guildhall/kit/outbound';
import { createAuthority, createServerCertificate, issueCertificate } from '@guildhall/kit/tls';
import { EnrolRequest, NodeIdentity } from '@guildhall/protocol';
import { GuildhallError } from '@guildhall/rpc';
import { createServer, type Server } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { postToCloud } from './cloud-request.ts';
import { IdentityFile } from './identity-file.ts';
import { Pairer } from './pairing.ts';

const cleanups: (() => void)[] = [];
afterEach(() => {
  for (const cleanup of cleanups.splice(0)) cleanup();
});

const token = `ght_${'a'.repeat(40)}`;
const clock = new FakeClock(Date.now());
const account = {
  nodeId: 'nod_0000000000',
  accountId: 'acc_0000000000',
  accountName: 'Example',
  zoneId: 'zon_0000000000',
};

async function listen(server: Server): Promise<number> {
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  cleanups.push(() => {
    server.closeAllConnections();
    server.close();
  });
  const address = server.address();
  return typeof address === 'object' && address ? address.port : 0;
}

const local = (port: number): string => `http://localhost:${port}`;

/** A server that answers every request alike. */
const answering = (status: number, body: string, headers: Record<string, string> = {}) =>
  listen(createServer((_request, response) => response.writeHead(status, headers).end(body)));

async function createCloud() {
  const authority = await createAuthority({ commonName: 'Example', clock });
  const enrolled: EnrolRequestBody[] = [];
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const body = EnrolRequest.parse(JSON.parse(Buffer.concat(chunks).toString()));
      enrolled.push(body);
      if (body.token !== token) {
        const error = { code: 'connector.wrong-token', message: 'The connector token is wrong.' };
        response.writeHead(403).end(JSON.stringify({ error }));
        return;
      }
      const { csrPem } = body;
      void issueCertificate({ authority, csrPem, hosts: ['localhost'], clock }).then((certificatePem) =>
        response.end(JSON.stringify({ ...account, certificatePem, authorityPem: authority.certPem })),
      );
    });
  });
  return { url: `http://localhost:${await listen(server)}`, enrolled };
}
type EnrolRequestBody = ReturnType<typeof EnrolRequest.parse>;

function createPairer(outbound = new Outbound(undefined)) {
  const directory = mkdtempSync(join(tmpdir(), 'console-pair-'));
  cleanups.push(() => rmSync(directory, { recursive: true, force: true }));
  const path = join(directory, 'node', 'identity.json');
  const identity = new IdentityFile(path, silentLogger);
  const changes: (string | undefined)[] = [];
  const onPaired = (): Promise<void> => {
    changes.push(identity.current?.nodeId);
    return Promise.resolve();
  };
  const pairer = new Pairer({
    identity,
    post: postToCloud,
    extraCa: [],
    outbound: () => outbound,
    onPaired,
    logger: silentLogger,
  });
  return { pairer, path, identity, changes, directory };
}

async function failureOf(promise: Promise<unknown>): Promise<GuildhallError> {
  const outcome = await promise.then(
    () => undefined,
    (error: unknown) => error,
  );
  if (outcome instanceof GuildhallError) return outcome;
  throw new Error('it did not fail as it should', { cause: outcome });
}

describe('pairing', () => {
  test('stores the identity for this user only, and again keeps the key', async () => {
    const cloud = await createCloud();
    const { pairer, path, changes } = createPairer();
    expect(pairer.state).toMatchObject({ paired: false, nodeId: null });
    const state = await pairer.pair({ token, controlUrl: `${cloud.url}/`, role: 'controller' });
    expect(state).toEqual({ paired: true, controlUrl: cloud.url, ...account, role: 'controller' });
    expect(statSync(path).mode & 0o777).toBe(0o600);
    const first = NodeIdentity.parse(JSON.parse(readFileSync(path, 'utf8')));
    await pairer.pair({ token, controlUrl: cloud.url, role: 'mmr' });
    const second = NodeIdentity.parse(JSON.parse(readFileSync(path, 'utf8')));
    expect(second.key).toEqual(first.key);
    expect(second.role).toBe('mmr');
    expect(second.tls.keyPem).not.toBe(first.tls.keyPem);
    expect(changes).toEqual([account.nodeId, account.nodeId]);
    // The private half never left.
    expect(JSON.stringify(cloud.enrolled)).not.toContain(first.key.d);
    expect(new IdentityFile(path, silentLogger).current).toEqual(second);
  });

  test('that fails leaves the old identity as it was and says what failed', async () => {
    const cloud = await createCloud();
    const { pairer, path, changes, directory } = createPairer();
    await pairer.pair({ token, controlUrl: cloud.url, role: 'controller' });
    const before = readFileSync(path, 'utf8');
    const pair = (controlUrl: string, given = token) =>
      failureOf(pairer.pair({ token: given, controlUrl, role: 'controller' }));

    expect(await pair(cloud.url, `ght_${'b'.repeat(40)}`)).toMatchObject({ code: 'connector.wrong-token' });
    const unreachable = { code: 'service.cloud-unreachable', field: 'controlUrl' };
    const told: [string, string][] = [
      [
        local(await answering(200, '<html>Please sign in to the hotel network</html>')),
        'not the cloud controller',
      ],
      [local(await answering(302, '', { location: 'http://evil.example/' })), 'redirects'],
      [local(await answering(200, JSON.stringify({ hello: 1 }))), 'does not understand'],
      [local(await answering(500, JSON.stringify({ error: { code: 'made.up', message: 'x' } }))), 'HTTP 500'],
      ['http://localhost:1', 'nothing listens there'],
      [cloud.url.replace('http:', 'https:'), 'https'],
    ];
    for (const [url, words] of told) {
      const failure = await pair(url);
      expect(failure).toMatchObject(unreachable);
      expect(failure.message).toContain(words);
    }
    expect(readFileSync(path, 'utf8')).toBe(before);
    expect(readdirSync(join(directory, 'node'))).toEqual(['identity.json']);
    expect(changes).toHaveLength(1);
  });

  test('names who intercepts TLS', async () => {
    const authority = await createAuthority({ commonName: 'Corporate Inspection', clock });
    const { certPem, keyPem } = await createServerCertificate({ authority, hosts: ['localhost'], clock });
    const server = createSecureServer({ cert: certPem, key: keyPem }, (_request, response) =>
      response.end('{}'),
    );
    const { pairer } = createPairer();
    const controlUrl = `https://localhost:${await listen(server)}`;
    const failure = await failureOf(pairer.pair({ token, controlUrl, role: 'controller' }));
    expect(failure.code).toBe('service.cloud-unreachable');
    expect(failure.message).toContain('Corporate Inspection');
  });

  test('a key of another cloud is not reused', async () => {
    const [one, other] = [await createCloud(), await createCloud()];
    const { pairer, identity } = createPairer();
    await pairer.pair({ token, controlUrl: one.url, role: 'controller' });
    const first = identity.current?.key;
    await pairer.pair({ token, controlUrl: other.url, role: 'controller' });
    expect(identity.current?.key).not.toEqual(first);
  });
});
