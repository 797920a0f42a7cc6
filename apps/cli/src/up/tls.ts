import { join } from 'node:path';
import { getCACertificates, setDefaultCACertificates } from 'node:tls';
import { systemClock } from '@guildhall/kit';
import { loadOrCreateAuthority, loadOrCreateServerCertificate } from '@guildhall/kit/tls';

export interface TlsFiles {
  readonly authorityDir: string;
  readonly authorityCertFile: string;
  readonly authorityPem: string;
  readonly certFile: string;
  readonly keyFile: string;
}

/**
 * One authority for this installation and one certificate for all its servers, so that another device has one thing to
 * trust. Both are kept; the certificate is made anew when it no longer covers the host or nears its end.
 */
export const writeTlsFiles = async (dataDir: string, host: string): Promise<TlsFiles> => {
  const authorityDir = join(dataDir, 'authority');
  const serverDir = join(dataDir, 'tls');
  const authority = await loadOrCreateAuthority(authorityDir, {
    commonName: 'Guildhall evaluation',
    clock: systemClock,
  });
  await loadOrCreateServerCertificate(serverDir, 'server', {
    authority,
    hosts: [host, 'localhost', '127.0.0.1'],
    clock: systemClock,
  });
  return {
    authorityDir,
    authorityCertFile: join(authorityDir, 'authority.crt'),
    authorityPem: authority.certPem,
    certFile: join(serverDir, 'server.crt'),
    keyFile: join(serverDir, 'server.key'),
  };
};

/** For this process only: `up` talks to its own children through the public API, over TLS like everybody. */
export const trustOurAuthority = (files: TlsFiles): void => {
  setDefaultCACertificates([...getCACertificates('default'), files.authorityPem]);
};
