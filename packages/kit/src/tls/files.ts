import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { createPrivateKey, X509Certificate } from 'node:crypto';
import { join } from 'node:path';
import type { Clock } from '../clock.ts';
import {
  canonicalHost,
  certificateHosts,
  createAuthority,
  createServerCertificate,
  isIssuedBy,
  type CertifiedKey,
} from './authority.ts';

const DAY_MS = 86_400_000;
/** A leaf is made anew this long before its end. */
const RENEW_BEFORE_MS = 30 * DAY_MS;

/** The authority in `<dir>/authority.{crt,key}`; made when missing. Never replaced: others trust it. */
export async function loadOrCreateAuthority(
  dir: string,
  options: { commonName: string; clock: Pick<Clock, 'now'> },
): Promise<CertifiedKey> {
  const known = await read(dir, 'authority');
  if (known) return known;
  const authority = await createAuthority(options);
  await write(dir, 'authority', authority);
  return authority;
}

/**
 * The server certificate in `<dir>/<name>.{crt,key}`; made anew when it is missing, does not match its key, was signed
 * by another authority, lacks one of the hosts, or ends within 30 days.
 */
export async function loadOrCreateServerCertificate(
  dir: string,
  name: string,
  options: {
    authority: CertifiedKey;
    hosts: readonly string[];
    clock: Pick<Clock, 'now'>;
    clientAuth?: boolean;
  },
): Promise<CertifiedKey> {
  const known = await read(dir, name);
  if (known && isGood(known, options)) return known;
  const fresh = await createServerCertificate(options);
  await write(dir, name, fresh);
  return fresh;
}

function isGood(
  { certPem, keyPem }: CertifiedKey,
  {
    authority,
    hosts,
    clock,
  }: { authority: CertifiedKey; hosts: readonly string[]; clock: Pick<Clock, 'now'> },
): boolean {
  try {
    const certificate = new X509Certificate(certPem);
    const covered = certificateHosts(certificate);
    return (
      certificate.checkPrivateKey(createPrivateKey(keyPem)) &&
      isIssuedBy(certPem, authority.certPem) &&
      hosts.every((host) => covered.includes(canonicalHost(host))) &&
      Date.parse(certificate.validTo) - RENEW_BEFORE_MS > clock.now()
    );
  } catch {
    return false;
  }
}

async function read(dir: string, name: string): Promise<CertifiedKey | undefined> {
  try {
    const [certPem, keyPem] = await Promise.all([
      readFile(join(dir, `${name}.crt`), 'utf8'),
      readFile(join(dir, `${name}.key`), 'utf8'),
    ]);
    return { certPem, keyPem };
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw error;
  }
}

async function write(dir: string, name: string, { certPem, keyPem }: CertifiedKey): Promise<void> {
  await mkdir(dir, { recursive: true, mode: 0o700 });
  // The key first: a certificate without its key would look like damage.
  await replace(join(dir, `${name}.key`), keyPem, 0o600);
  await replace(join(dir, `${name}.crt`), certPem, 0o644);
}

async function replace(path: string, text: string, mode: number): Promise<void> {
  const next = `${path}.tmp`;
  await writeFile(next, text, { mode });
  await rename(next, path);
}
