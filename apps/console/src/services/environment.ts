import { dirname, join } from 'node:path';
import type { ServiceName } from '@guildhall/protocol';

/** What of our own environment every service may see. */
const inherited = new Set(['PATH', 'HOME', 'LANG', 'LC_ALL', 'TZ', 'TMPDIR', 'NODE_EXTRA_CA_CERTS']);
/** What one service may see besides its own prefix. */
const ofService: Readonly<Record<ServiceName, readonly string[]>> = {
  zctrl: [],
  mmr: ['GUILDHALL_MEDIA_PORT', 'MEDIASOUP_WORKER_BIN'],
};

/** Files of the certificate that was installed on this VM. */
interface CertificatePaths {
  readonly certPath: string;
  readonly keyPath: string;
}

interface Places {
  readonly dataDir: string;
  readonly identityFile: string;
  readonly runDir: string;
}

/**
 * The environment of a service: a list of what is allowed, so that no secret given to the console (its first password)
 * ends in another process; and where things are, unless said otherwise.
 */
export function serviceEnvironment(
  name: ServiceName,
  own: Readonly<Record<string, string | undefined>>,
  { dataDir, identityFile, runDir }: Places,
  certificate?: CertificatePaths,
): Record<string, string> {
  const prefix = `GUILDHALL_${name.toUpperCase()}_`;
  const environment: Record<string, string> = {
    [`${prefix}IDENTITY_FILE`]: identityFile,
    [`${prefix}DATA_DIR`]: join(dirname(dataDir), name),
    [`${prefix}RUN_DIR`]: runDir,
    // A third less to do at each start, and people wait for a service that is started again.
    NODE_COMPILE_CACHE: join(dirname(dataDir), 'compile-cache'),
  };
  for (const [key, value] of Object.entries(own)) {
    if (value === undefined || value === '') continue;
    if (inherited.has(key) || ofService[name].includes(key) || key.startsWith(prefix))
      environment[key] = value;
  }
  if (certificate) {
    environment[`${prefix}TLS_CERT_FILE`] = certificate.certPath;
    environment[`${prefix}TLS_KEY_FILE`] = certificate.keyPath;
  }
  return environment;
}
