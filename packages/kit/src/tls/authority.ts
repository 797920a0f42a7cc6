// The certificate library's decorators need this to be there first.
// oxlint-disable-next-line import/no-unassigned-import -- it only has an effect
import 'reflect-metadata';
import { X509Certificate as NodeCertificate } from 'node:crypto';
import { isIP } from 'node:net';
import {
  AuthorityKeyIdentifierExtension,
  BasicConstraintsExtension,
  ExtendedKeyUsageExtension,
  KeyUsageFlags,
  KeyUsagesExtension,
  PemConverter,
  Pkcs10CertificateRequest,
  Pkcs10CertificateRequestGenerator,
  SubjectAlternativeNameExtension,
  SubjectKeyIdentifierExtension,
  X509Certificate,
  X509CertificateGenerator,
} from '@peculiar/x509';
import { GuildhallError } from '@guildhall/rpc';
import type { Clock } from '../clock.ts';

/** Named by what makes it: servers and pages know the type under different names. */
type Key = Awaited<ReturnType<typeof crypto.subtle.importKey>>;

const EC = { name: 'ECDSA', namedCurve: 'P-256' } as const;
const SIGN = { name: 'ECDSA', hash: 'SHA-256' } as const;
const SERVER_AUTH = '1.3.6.1.5.5.7.3.1';
const CLIENT_AUTH = '1.3.6.1.5.5.7.3.2';
const DAY_MS = 86_400_000;
const AUTHORITY_LIFETIME_MS = 3_650 * DAY_MS;
/** CA/Browser Forum baseline requirements §6.3.2; browsers refuse longer ones. */
const MAX_LEAF_LIFETIME_MS = 397 * DAY_MS;
/** Clocks of a customer's machines differ. */
const BACKDATE_MS = 3_600_000;

/** A certificate with the private key it was made for, both PEM. */
export interface CertifiedKey {
  readonly certPem: string;
  /** PKCS #8. A secret. */
  readonly keyPem: string;
}

export interface CreateAuthorityOptions {
  /** Shown where people look at certificates, e.g. "Guildhall evaluation". */
  commonName: string;
  clock: Pick<Clock, 'now'>;
}

/** A certificate authority of its own: ECDSA P-256, ten years, may sign leaves only. */
export async function createAuthority({ commonName, clock }: CreateAuthorityOptions): Promise<CertifiedKey> {
  const keys = await crypto.subtle.generateKey(EC, true, ['sign', 'verify']);
  const nowMs = clock.now();
  const certificate = await X509CertificateGenerator.createSelfSigned({
    serialNumber: randomSerial(),
    name: [{ CN: [commonName] }],
    notBefore: new Date(nowMs - BACKDATE_MS),
    notAfter: new Date(nowMs + AUTHORITY_LIFETIME_MS),
    signingAlgorithm: SIGN,
    keys,
    extensions: [
      new BasicConstraintsExtension(true, 0, true),
      new KeyUsagesExtension(KeyUsageFlags.keyCertSign | KeyUsageFlags.cRLSign, true),
      await SubjectKeyIdentifierExtension.create(keys.publicKey),
    ],
  });
  return { certPem: pemOf(certificate), keyPem: await exportKey(keys.privateKey) };
}

export interface CreateCsrOptions {
  commonName: string;
}

/** A certificate request (RFC 2986) with a fresh key; only the request leaves the node. */
export async function createCsr({
  commonName,
}: CreateCsrOptions): Promise<{ csrPem: string; keyPem: string }> {
  const keys = await crypto.subtle.generateKey(EC, true, ['sign', 'verify']);
  const request = await Pkcs10CertificateRequestGenerator.create({
    name: [{ CN: [commonName] }],
    signingAlgorithm: SIGN,
    keys,
  });
  return { csrPem: `${request.toString('pem')}\n`, keyPem: await exportKey(keys.privateKey) };
}

export interface IssueCertificateOptions {
  authority: CertifiedKey;
  /** Names and addresses a browser may reach it by; sorted into DNS and IP. At least one. */
  hosts: readonly string[];
  /** Of the request, its key only is used: who signs decides on the names. */
  csrPem: string;
  clock: Pick<Clock, 'now'>;
  /** Default and at most 397 days. */
  lifetimeMs?: number;
  /** Also good to prove itself as a client; for nodes. */
  clientAuth?: boolean;
}

/**
 * Signs a server certificate for the key of a request.
 * @throws GuildhallError `request.invalid` for a broken request, another kind of key than P-256, or a wrong host
 */
export async function issueCertificate(options: IssueCertificateOptions): Promise<string> {
  const { hosts, clock, authority } = options;
  const publicKey = await keyOfRequest(options.csrPem);
  const names = sanNames(hosts);
  const issuer = new X509Certificate(authority.certPem);
  const nowMs = clock.now();
  const lifetimeMs = Math.min(options.lifetimeMs ?? MAX_LEAF_LIFETIME_MS, MAX_LEAF_LIFETIME_MS);
  const certificate = await X509CertificateGenerator.create({
    serialNumber: randomSerial(),
    subject: [{ CN: [(hosts[0] ?? '').slice(0, 64)] }],
    issuer: issuer.subjectName,
    notBefore: new Date(nowMs - BACKDATE_MS),
    notAfter: new Date(Math.min(nowMs - BACKDATE_MS + lifetimeMs, issuer.notAfter.getTime())),
    signingAlgorithm: SIGN,
    publicKey,
    signingKey: await importKey(authority.keyPem),
    extensions: [
      new BasicConstraintsExtension(false, undefined, true),
      new KeyUsagesExtension(KeyUsageFlags.digitalSignature, true),
      new ExtendedKeyUsageExtension(options.clientAuth ? [SERVER_AUTH, CLIENT_AUTH] : [SERVER_AUTH]),
      new SubjectAlternativeNameExtension(names),
      await SubjectKeyIdentifierExtension.create(publicKey),
      await AuthorityKeyIdentifierExtension.create(issuer.publicKey),
    ],
  });
  return pemOf(certificate);
}

/** A server certificate with a fresh key, in one step; for evaluation and tests. */
export async function createServerCertificate(
  options: Omit<IssueCertificateOptions, 'csrPem'>,
): Promise<CertifiedKey> {
  const { csrPem, keyPem } = await createCsr({ commonName: options.hosts[0] ?? 'guildhall' });
  return { certPem: await issueCertificate({ ...options, csrPem }), keyPem };
}

/** SHA-256 of the DER, upper-case hex with colons, as browsers show it. @throws Error when it is no certificate */
export function certificateFingerprint(certPem: string): string {
  return new NodeCertificate(certPem).fingerprint256;
}

/** What a person or a renewal needs to know of a certificate. @throws Error when it is no certificate */
export function describeCertificate(certPem: string): {
  subject: string;
  issuer: string;
  hosts: string[];
  notBeforeMs: number;
  notAfterMs: number;
  fingerprint256: string;
} {
  const certificate = new NodeCertificate(certPem);
  return {
    subject: certificate.subject,
    issuer: certificate.issuer,
    hosts: certificateHosts(certificate),
    notBeforeMs: Date.parse(certificate.validFrom),
    notAfterMs: Date.parse(certificate.validTo),
    fingerprint256: certificate.fingerprint256,
  };
}

/** Names and addresses a certificate is good for. */
export function certificateHosts(certificate: NodeCertificate): string[] {
  return (certificate.subjectAltName ?? '')
    .split(', ')
    .filter((name) => name !== '')
    .map((name) => canonicalHost(name.replace(/^(DNS|IP Address):/, '')));
}

/** Lower case, and IPv6 in its short form (RFC 5952), so that two spellings compare equal. */
export function canonicalHost(host: string): string {
  return isIP(host) === 6 ? new URL(`http://[${host}]`).hostname.slice(1, -1) : host.toLowerCase();
}

/** Whether the certificate was signed by the authority. */
export function isIssuedBy(certPem: string, authorityCertPem: string): boolean {
  try {
    const authority = new NodeCertificate(authorityCertPem);
    const certificate = new NodeCertificate(certPem);
    return certificate.checkIssued(authority) && certificate.verify(authority.publicKey);
  } catch {
    return false;
  }
}

async function keyOfRequest(csrPem: string): Promise<Key> {
  try {
    const request = new Pkcs10CertificateRequest(csrPem);
    if (!(await request.verify())) throw new Error('the signature is wrong');
    return await request.publicKey.export(EC, ['verify']);
  } catch (cause) {
    throw new GuildhallError(
      'request.invalid',
      'The certificate request is not a signed request for a P-256 key.',
      {
        field: 'csr',
        cause,
      },
    );
  }
}

function sanNames(hosts: readonly string[]): { type: 'dns' | 'ip'; value: string }[] {
  if (hosts.length === 0) throw wrongHost('A certificate needs at least one name or address.');
  return hosts.map((host) => {
    if (isIP(host) !== 0) return { type: 'ip', value: host };
    if (!isHostName(host)) throw wrongHost(`"${host.slice(0, 80)}" is neither a host name nor an address.`);
    return { type: 'dns', value: host.toLowerCase() };
  });
}

/** RFC 1123 §2.1; no wildcards. */
function isHostName(host: string): boolean {
  return (
    host.length <= 253 &&
    /^(?!.*\.\d+$)([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)(\.[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)*$/i.test(host)
  );
}

function wrongHost(message: string): GuildhallError {
  return new GuildhallError('request.invalid', message, { field: 'hosts' });
}

/** 20 octets, positive (RFC 5280 §4.1.2.2). */
function randomSerial(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(20));
  bytes[0] = ((bytes[0] ?? 0) & 0x7f) | 0x40;
  return Buffer.from(bytes).toString('hex');
}

function pemOf(certificate: X509Certificate): string {
  return `${certificate.toString('pem')}\n`;
}

async function exportKey(key: Key): Promise<string> {
  return `${PemConverter.encode(await crypto.subtle.exportKey('pkcs8', key), 'PRIVATE KEY')}\n`;
}

async function importKey(keyPem: string): Promise<Key> {
  const der = PemConverter.decodeFirst(keyPem);
  return crypto.subtle.importKey('pkcs8', der, EC, false, ['sign']);
}
