import { createPrivateKey, X509Certificate, type KeyObject } from 'node:crypto';
import { describeCertificate } from '@guildhall/kit/tls';
import { errorCodes, type CertificateInfo, type ErrorCode } from '@guildhall/protocol';
import { GuildhallError } from '@guildhall/rpc';

const maxChain = 10;
const minRsaBits = 2048;
const curves: Readonly<Record<string, string>> = {
  prime256v1: 'P-256',
  secp384r1: 'P-384',
  secp521r1: 'P-521',
};
const block = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/gu;

/** What a certificate tells of itself. @throws GuildhallError `certificate.unreadable` */
export function describe(certPem: string): CertificateInfo {
  const certificate = chainOf(certPem)[0];
  if (!certificate) throw refused('certificate.unreadable', 'certificatePem');
  return {
    subject: oneLine(certificate.subject),
    issuer: oneLine(certificate.issuer),
    hosts: describeCertificate(certificate.toString()).hosts.slice(0, 200),
    notBeforeMs: Date.parse(certificate.validFrom),
    notAfterMs: Date.parse(certificate.validTo),
    fingerprint256: certificate.fingerprint256,
    keyType: keyTypeOf(certificate.publicKey) ?? 'other',
    selfSigned: certificate.checkIssued(certificate),
  };
}

/**
 * Whether browsers would take this chain with this key: readable, at most 10 certificates in their order, a key that
 * fits and is strong, valid now, with names.
 * @throws GuildhallError one `certificate.*` code per rule, with the field
 */
export function assertUsable(certPem: string, keyPem: string, nowMs: number): void {
  const chain = chainOf(certPem);
  const [leaf] = chain;
  if (!leaf) throw refused('certificate.unreadable', 'certificatePem');
  const key = readKey(keyPem);
  if (!leaf.checkPrivateKey(key)) throw refused('certificate.key-mismatch', 'keyPem');
  if (keyTypeOf(leaf.publicKey) === undefined || /sha1|md5/iu.test(leaf.signatureAlgorithm ?? '')) {
    throw refused('certificate.weak', 'certificatePem');
  }
  if (Date.parse(leaf.validTo) <= nowMs) throw refused('certificate.expired', 'certificatePem');
  if (Date.parse(leaf.validFrom) > nowMs) throw refused('certificate.not-yet-valid', 'certificatePem');
  for (const [index, certificate] of chain.entries()) {
    const issuer = chain[index + 1];
    if (issuer && !(certificate.checkIssued(issuer) && certificate.verify(issuer.publicKey))) {
      throw refused('certificate.chain-order', 'certificatePem');
    }
  }
  if (describeCertificate(leaf.toString()).hosts.length === 0)
    throw refused('certificate.no-names', 'certificatePem');
}

function chainOf(certPem: string): X509Certificate[] {
  const blocks = certPem.match(block) ?? [];
  if (blocks.length > maxChain) throw refused('certificate.chain-too-long', 'certificatePem');
  try {
    return blocks.map((pem) => new X509Certificate(pem));
  } catch {
    throw refused('certificate.unreadable', 'certificatePem');
  }
}

function readKey(keyPem: string): KeyObject {
  if (/BEGIN ENCRYPTED PRIVATE KEY|Proc-Type: 4,ENCRYPTED/u.test(keyPem)) {
    throw refused('certificate.key-encrypted', 'keyPem');
  }
  try {
    return createPrivateKey(keyPem);
  } catch {
    throw refused('certificate.key-unreadable', 'keyPem');
  }
}

/** Kind and size of a key browsers take for a server; undefined for any other. */
function keyTypeOf({ asymmetricKeyType, asymmetricKeyDetails }: KeyObject): string | undefined {
  const bits = asymmetricKeyDetails?.modulusLength ?? 0;
  if (asymmetricKeyType === 'rsa') return bits >= minRsaBits ? `RSA ${bits}` : undefined;
  const curve = curves[asymmetricKeyDetails?.namedCurve ?? ''];
  return asymmetricKeyType === 'ec' && curve !== undefined ? `EC ${curve}` : undefined;
}

/** The registered sentence says what to do; the field says where. */
function refused(code: ErrorCode, field: string): GuildhallError {
  return new GuildhallError(code, errorCodes[code].sentence, { field });
}

const oneLine = (text: string): string =>
  text
    .replaceAll('\n', ', ')
    .replaceAll(/\p{Cc}/gu, '?')
    .slice(0, 500);
