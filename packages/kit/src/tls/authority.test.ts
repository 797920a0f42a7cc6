import { X509Certificate } from 'node:crypto';
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { createServer, request } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { FakeClock } from '../fake-clock.ts';
import { listen } from '../listen.ts';
import {
  certificateFingerprint,
  createAuthority,
  createCsr,
  createServerCertificate,
  describeCertificate,
  isIssuedBy,
  issueCertificate,
  type CertifiedKey,
} from './authority.ts';
import { loadOrCreateAuthority, loadOrCreateServerCertificate } from './files.ts';

const DAY_MS = 86_400_000;
const clock = new FakeClock(Date.now());
let authority: CertifiedKey;
let stranger: CertifiedKey;

beforeAll(async () => {
  authority = await createAuthority({ commonName: 'Guildhall test', clock });
  stranger = await createAuthority({ commonName: 'Guildhall test', clock });
});

/** Speaks TLS as a strict client does: chain, name, time and purpose. */
async function greet(server: CertifiedKey, trust: string, host: string): Promise<string> {
  const listening = createServer({ cert: server.certPem, key: server.keyPem }, (_request, response) =>
    response.end('hi'),
  );
  const port = await listen(listening, { host: '127.0.0.1', port: 0 });
  try {
    return await new Promise((resolve) => {
      const call = request(
        { host: '127.0.0.1', port, servername: host, ca: trust, agent: false },
        (response) => {
          response.setEncoding('utf8').on('data', resolve);
        },
      );
      call.on('error', (error: Error & { code?: string }) => resolve(error.code ?? error.message));
      call.end();
    });
  } finally {
    listening.closeAllConnections();
    listening.close();
  }
}

test('a TLS client which trusts the authority accepts the certificate by name and by nothing else', async () => {
  const server = await createServerCertificate({
    authority,
    hosts: ['guild.example', '127.0.0.1', '::1'],
    clock,
  });
  expect(await greet(server, authority.certPem, 'guild.example')).toBe('hi');
  expect(await greet(server, authority.certPem, 'other.example')).toBe('ERR_TLS_CERT_ALTNAME_INVALID');
  expect(await greet(server, stranger.certPem, 'guild.example')).not.toBe('hi');
});

test('authority and leaf are what the standards ask for', async () => {
  const { certPem } = await createServerCertificate({
    authority,
    hosts: ['Guild.example', '10.0.0.5'],
    clock,
    clientAuth: true,
  });
  const root = new X509Certificate(authority.certPem);
  const leaf = new X509Certificate(certPem);
  expect(root.ca).toBe(true);
  expect(leaf.ca).toBe(false);
  expect(leaf.serialNumber).toMatch(/^[4-7][0-9A-F]{39}$/);
  expect(leaf.keyUsage).toEqual(['1.3.6.1.5.5.7.3.1', '1.3.6.1.5.5.7.3.2']);
  expect(leaf.publicKey.asymmetricKeyDetails?.namedCurve).toBe('prime256v1');
  expect(Date.parse(leaf.validTo) - Date.parse(leaf.validFrom)).toBeLessThanOrEqual(397 * DAY_MS);
  expect(Date.parse(root.validTo) - clock.now()).toBeGreaterThan(3_640 * DAY_MS);
  expect(describeCertificate(certPem)).toMatchObject({
    hosts: ['guild.example', '10.0.0.5'],
    fingerprint256: certificateFingerprint(certPem),
  });
  expect(isIssuedBy(certPem, authority.certPem)).toBe(true);
  expect(isIssuedBy(certPem, stranger.certPem)).toBe(false);
  expect(isIssuedBy('nonsense', authority.certPem)).toBe(false);
});

test('a request is signed for its key and with the names the signer decides', async () => {
  const { csrPem, keyPem } = await createCsr({ commonName: 'node_1' });
  const certPem = await issueCertificate({ authority, csrPem, hosts: ['zctrl.example'], clock });
  expect(await greet({ certPem, keyPem }, authority.certPem, 'zctrl.example')).toBe('hi');
});

describe('refused', () => {
  test.each(['nonsense', '', '-----BEGIN CERTIFICATE REQUEST-----\nAAAA\n-----END CERTIFICATE REQUEST-----'])(
    'the request "%s"',
    async (csrPem) => {
      const failure = issueCertificate({ authority, csrPem, hosts: ['a'], clock });
      await expect(failure).rejects.toMatchObject({ code: 'request.invalid', field: 'csr' });
    },
  );

  test('a request whose signature was changed', async () => {
    const { csrPem } = await createCsr({ commonName: 'x' });
    const lines = csrPem.trimEnd().split('\n');
    const last = lines.at(-2) ?? '';
    lines[lines.length - 2] = `${last.startsWith('A') ? 'B' : 'A'}${last.slice(1)}`;
    const failure = issueCertificate({ authority, csrPem: lines.join('\n'), hosts: ['a'], clock });
    await expect(failure).rejects.toMatchObject({ code: 'request.invalid', field: 'csr' });
  });

  test.each(['a b', '-rf', '*.example', '10.0.0.256', 'x'.repeat(254), '', 'a\nb'])(
    'the host "%s"',
    async (host) => {
      const failure = createServerCertificate({ authority, hosts: [host], clock });
      await expect(failure).rejects.toMatchObject({ code: 'request.invalid', field: 'hosts' });
    },
  );

  test('no host at all', async () => {
    await expect(createServerCertificate({ authority, hosts: [], clock })).rejects.toMatchObject({
      field: 'hosts',
    });
  });
});

describe('on disk', () => {
  let dir = '';
  beforeEach(async () => {
    dir = join(await mkdtemp(join(tmpdir(), 'guildhall-tls-')), 'tls');
  });
  afterEach(() => rm(join(dir, '..'), { recursive: true }));

  const leaf = (hosts: string[], at = clock): Promise<CertifiedKey> =>
    loadOrCreateServerCertificate(dir, 'server', { authority, hosts, clock: at });

  test('the authority is made once and its key is for the owner only', async () => {
    const first = await loadOrCreateAuthority(dir, { commonName: 'x', clock });
    expect(await loadOrCreateAuthority(dir, { commonName: 'x', clock })).toEqual(first);
    expect((await stat(join(dir, 'authority.key'))).mode & 0o777).toBe(0o600);
    expect(await readFile(join(dir, 'authority.crt'), 'utf8')).toBe(first.certPem);
  });

  test('the leaf is kept while it is good, and made anew for more hosts, near its end, or when damaged', async () => {
    const first = await leaf(['localhost', '::1', '127.0.0.1']);
    expect(await leaf(['LOCALHOST', '0:0:0:0:0:0:0:1'])).toEqual(first);
    const wider = await leaf(['localhost', 'guild.example']);
    expect(wider).not.toEqual(first);
    const later = new FakeClock(clock.now() + 370 * DAY_MS);
    const renewed = await leaf(['localhost'], later);
    expect(renewed).not.toEqual(wider);
    await writeFile(join(dir, 'server.key'), first.keyPem);
    expect(await leaf(['localhost'], later)).not.toEqual(renewed);
    await writeFile(join(dir, 'server.crt'), 'nonsense');
    expect((await leaf(['localhost'])).certPem).toContain('BEGIN CERTIFICATE');
  });
});
