import { execFileSync } from 'node:child_process';
import { generateKeyPairSync } from 'node:crypto';
import { FakeClock } from '@guildhall/kit';
import { createAuthority, createServerCertificate, issueCertificate } from '@guildhall/kit/tls';
import { ConsoleCertificates } from '@guildhall/protocol';
import { beforeAll, describe, expect, test } from 'vitest';
import { firstPassword, ready } from '../testing.ts';
import { assertUsable } from './inspect.ts';

const clock = new FakeClock();
const dayMs = 86_400_000;
let authority: { certPem: string; keyPem: string };
let good: { certPem: string; keyPem: string };
let other: { certPem: string; keyPem: string };

beforeAll(async () => {
  authority = await createAuthority({ commonName: 'Test authority', clock });
  good = await createServerCertificate({ authority, hosts: ['connector.example', '10.1.2.3'], clock });
  other = await createServerCertificate({ authority, hosts: ['other.example'], clock });
});

async function signedIn() {
  const console = await ready();
  await console.signIn(firstPassword);
  const upload = (certificatePem: string, keyPem?: string) =>
    console.call('PUT', '/certificates', { certificatePem, ...(keyPem !== undefined && { keyPem }) });
  return { ...console, upload };
}

/** A certificate of its own making, by the machine's openssl, for kinds the house does not make. */
function openssl(...args: string[]): { certPem: string; keyPem: string } {
  const words = [
    'req',
    '-x509',
    '-nodes',
    '-days',
    '30',
    '-keyout',
    '-',
    '-out',
    '-',
    '-subj',
    '/CN=x.example',
  ];
  const text = execFileSync('openssl', [...words, ...args], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  const cut = text.indexOf('-----BEGIN CERTIFICATE');
  return { keyPem: text.slice(0, cut), certPem: text.slice(cut) };
}

test('an uploaded certificate is shown, kept, and put to use', async () => {
  const { upload, call, installedPairs } = await signedIn();
  const none = ConsoleCertificates.parse((await call('GET', '/certificates')).json());
  expect(none).toMatchObject({ current: null, source: 'none' });
  const answer = await upload(`${good.certPem}${authority.certPem}`, good.keyPem);
  const state = ConsoleCertificates.parse(answer.json());
  expect(state.current).toMatchObject({
    issuer: 'CN=Test authority',
    hosts: ['connector.example', '10.1.2.3'],
    keyType: 'EC P-256',
    selfSigned: false,
  });
  expect(state.source).toBe('upload');
  expect(installedPairs).toHaveLength(1);
  expect(answer.body).not.toContain('PRIVATE KEY');
});

describe('what is refused leaves the old one in use', () => {
  const encrypted = (): string => {
    const { privateKey } = generateKeyPairSync('ec', {
      namedCurve: 'P-256',
      publicKeyEncoding: { type: 'spki', format: 'pem' },
      privateKeyEncoding: { type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc', passphrase: 'x' },
    });
    return privateKey;
  };
  test.each([
    ['no certificate', () => ['nonsense', good.keyPem], 'certificate.unreadable'],
    [
      'a broken one',
      () => [good.certPem.replace(/\n[A-Za-z0-9+/]{64}\n/u, '\n'), good.keyPem],
      'certificate.',
    ],
    ['no key', () => [good.certPem, 'nonsense'], 'certificate.key-unreadable'],
    ['a key with a password', () => [good.certPem, encrypted()], 'certificate.key-encrypted'],
    ['another key', () => [good.certPem, other.keyPem], 'certificate.key-mismatch'],
    ['no key and no request', () => [good.certPem], 'certificate.key-missing'],
    ['a wrong order', () => [`${good.certPem}${other.certPem}`, good.keyPem], 'certificate.chain-order'],
    ['a thousand certificates', () => [good.certPem.repeat(50), good.keyPem], 'certificate.chain-too-long'],
  ])('%s', async (_what, given, code) => {
    const { upload, call, installedPairs } = await signedIn();
    await upload(good.certPem, good.keyPem);
    const before = (await call('GET', '/certificates')).json();
    const [certificatePem = '', keyPem] = given();
    const answer = await upload(certificatePem, keyPem);
    expect(answer.statusCode).toBe(422);
    expect(answer.json().error.code).toContain(code);
    expect(answer.json().error.field).toMatch(/^(certificatePem|keyPem)$/u);
    expect((await call('GET', '/certificates')).json()).toEqual(before);
    expect(installedPairs).toHaveLength(1);
  });

  test('expired and not yet valid ones', () => {
    const { certPem, keyPem } = good;
    const refusal = (nowMs: number) => {
      try {
        assertUsable(certPem, keyPem, nowMs);
        return undefined;
      } catch (error) {
        return error instanceof Error && 'code' in error ? error.code : error;
      }
    };
    expect(refusal(clock.now())).toBeUndefined();
    expect(refusal(clock.now() + 400 * dayMs)).toBe('certificate.expired');
    expect(refusal(clock.now() - dayMs)).toBe('certificate.not-yet-valid');
  });

  test.each([
    [
      'RSA of 1024 bits',
      ['-newkey', 'rsa:1024', '-addext', 'subjectAltName=DNS:x.example'],
      'certificate.weak',
    ],
    [
      'a key kind browsers do not take',
      ['-newkey', 'ed25519', '-addext', 'subjectAltName=DNS:x.example'],
      'certificate.weak',
    ],
    ['one without names', ['-newkey', 'rsa:2048'], 'certificate.no-names'],
  ])('%s', (_what, args, code) => {
    const made = openssl(...args);
    expect(() => assertUsable(made.certPem, made.keyPem, Date.now() + 1_000)).toThrow(
      expect.objectContaining({ code }),
    );
  });
});

test('a request keeps its key here; the certificate signed for it needs no key', async () => {
  const { call, upload } = await signedIn();
  const asked = await call('POST', '/certificates/request', { hosts: ['connector.example', '10.1.2.3'] });
  const { request } = ConsoleCertificates.parse(asked.json());
  expect(asked.body).not.toContain('PRIVATE KEY');
  const certPem = await issueCertificate({
    authority,
    hosts: ['connector.example'],
    csrPem: request?.csrPem ?? '',
    clock,
  });
  const foreign = await upload(other.certPem);
  expect(foreign.json().error.code).toBe('certificate.key-mismatch');
  const state = ConsoleCertificates.parse((await upload(certPem)).json());
  expect(state).toMatchObject({ source: 'request', request: null });
  expect((await upload(certPem)).json().error.code).toBe('certificate.key-missing');
});

test.each([['connector.example; reboot'], ['-rf'], ['*.example'], ['a'.repeat(254)], ['x y'], ['x\u0000']])(
  'a request for %j is refused',
  async (host) => {
    const { call } = await signedIn();
    const answer = await call('POST', '/certificates/request', { hosts: [host] });
    expect([answer.statusCode, answer.json().error.field]).toEqual([400, 'hosts.0']);
  },
);

test('the account’s certificate needs a paired node', async () => {
  const { call } = await signedIn();
  expect((await call('POST', '/certificates/account')).json().error.code).toBe('service.not-paired');
});
