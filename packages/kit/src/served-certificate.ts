import { createPrivateKey, X509Certificate } from 'node:crypto';
import type { Server } from 'node:net';
import { Server as TlsServer } from 'node:tls';
import type { Clock, Timer } from './clock.ts';
import type { Logger } from './logger.ts';
import { readServerTls, type ServerTls } from './server-tls.ts';

const lookEveryMs = 5_000;

interface ServedCertificateOptions {
  readonly server: Server;
  /** What the server was made with. */
  readonly pair: ServerTls;
  /** Where a newer one would be; without files it comes from elsewhere and stays. */
  readonly files: Parameters<typeof readServerTls>[0];
  readonly clock: Clock;
  readonly logger: Logger;
}

/**
 * The certificate of a listener. When other files are put in place it is shown to whoever connects from then on; who is
 * connected stays, so that a renewal costs no meeting its sockets. Looked at every five seconds: a watch on a file that is
 * replaced by renaming is lost with it.
 */
export class ServedCertificate {
  readonly #options: ServedCertificateOptions;
  readonly #timer: Timer | undefined;
  #pair: ServerTls;

  constructor(options: ServedCertificateOptions) {
    this.#options = options;
    this.#pair = options.pair;
    if (options.files.tlsCertFile !== undefined)
      this.#timer = options.clock.setInterval(() => void this.look(), lookEveryMs);
  }

  /** Its end, epoch ms. */
  get expiresAtMs(): number {
    return new X509Certificate(this.#pair.cert).validToDate.getTime();
  }

  /** Takes what is in the files now. What cannot be used leaves the one before. */
  async look(): Promise<void> {
    const { server, files, logger } = this.#options;
    if (!(server instanceof TlsServer)) return;
    try {
      const read = await readServerTls(files);
      if (!read) return;
      const { cert, key } = read;
      if (cert === this.#pair.cert && key === this.#pair.key) return;
      // The two files are replaced one after the other; between them they do not fit.
      if (!new X509Certificate(cert).checkPrivateKey(createPrivateKey(key))) return;
      server.setSecureContext({ cert, key, minVersion: 'TLSv1.2' });
      this.#pair = { cert, key };
      logger.info({ notAfterMs: this.expiresAtMs }, 'another certificate is in use; connections stay');
    } catch (error) {
      logger
        .sampled('certificate-files', 60 * 60_000)
        .warn({ err: error }, 'the certificate files cannot be read; the one before stays in use');
    }
  }

  /** Idempotent. */
  close(): void {
    this.#timer?.cancel();
  }
}
