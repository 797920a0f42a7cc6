import { SerialQueue, type Clock, type Logger } from '@guildhall/kit';
import type { Outbound } from '@guildhall/kit/outbound';
import type {
  ConsoleCertificates,
  OrderCertificateRequest,
  ServiceStatus,
  UploadCertificateRequest,
} from '@guildhall/protocol';
import { GuildhallError } from '@guildhall/rpc';
import type { z } from 'zod';
import type { IdentityPort } from '../types.ts';
import { orderCertificate } from './acme.ts';
import type { CertificateFiles } from './files.ts';
import { assertUsable, describe } from './inspect.ts';

interface Pair {
  readonly certPem: string;
  readonly keyPem: string;
}

interface CertificatesOptions {
  readonly files: CertificateFiles;
  /** The certificate of the configuration; none for plain HTTP. */
  readonly configured: string | undefined;
  readonly identity: IdentityPort;
  readonly challenge: { readonly host: string; readonly port: number };
  readonly outbound: () => Outbound;
  /** Puts the certificate to use: at once in the console; answers when the services were told. */
  readonly onInstalled: (pair: Pair) => Promise<void>;
  readonly services: () => readonly ServiceStatus[];
  readonly clock: Clock;
  readonly logger: Logger;
}

/** The certificate browsers see on this VM, and the ways to a new one. Whatever is refused leaves the old one in use. */
export class Certificates {
  readonly #options: CertificatesOptions;
  readonly #queue = new SerialQueue({ name: 'the certificates', maxLength: 5 });
  #order: ConsoleCertificates['order'] = { state: 'none', hosts: [], reason: '', atMs: null };
  #ordering: Promise<void> | undefined;

  constructor(options: CertificatesOptions) {
    this.#options = options;
  }

  get state(): ConsoleCertificates {
    const { files, configured, identity, services } = this.#options;
    const { installed, request } = files;
    const shown = installed?.certPem ?? configured;
    const installedAtMs = installed?.installedAtMs ?? null;
    return {
      current: shown === undefined ? null : describe(shown),
      source: installed?.source ?? (configured === undefined ? 'none' : 'configured'),
      installedAtMs,
      consoleUsesIt: configured !== undefined,
      restartNeeded: services()
        .filter(({ pid, sinceMs }) => pid !== null && installedAtMs !== null && sinceMs < installedAtMs)
        .map(({ name }) => name),
      request: request
        ? { csrPem: request.csrPem, hosts: request.hosts, createdAtMs: request.createdAtMs }
        : null,
      accountAvailable: identity.current !== undefined,
      order: this.#order,
    };
  }

  /** @throws GuildhallError `certificate.*` */
  upload({
    certificatePem,
    keyPem,
  }: z.output<typeof UploadCertificateRequest>): Promise<ConsoleCertificates> {
    return this.#queue.run(async () => {
      const { files } = this.#options;
      const key = keyPem ?? files.request?.keyPem;
      if (key === undefined) {
        const sentence = 'Paste the private key too: there is no open request whose key could fit.';
        throw new GuildhallError('certificate.key-missing', sentence, { field: 'keyPem' });
      }
      await this.#install(
        { certPem: certificatePem, keyPem: key },
        keyPem === undefined ? 'request' : 'upload',
      );
      if (keyPem === undefined) await files.keepRequest(undefined);
      return this.state;
    });
  }

  /** Makes a key, which stays here, and a request for an authority to sign. */
  createRequest(hosts: readonly string[]): Promise<ConsoleCertificates> {
    return this.#queue.run(async () => {
      const { crypto } = await import('acme-client');
      const [key, csr] = await crypto.createCsr(
        { altNames: [...hosts] },
        await crypto.createPrivateEcdsaKey('P-256'),
      );
      await this.#options.files.keepRequest({
        csrPem: csr.toString(),
        keyPem: key.toString(),
        hosts: [...hosts],
        createdAtMs: this.#options.clock.now(),
      });
      return this.state;
    });
  }

  dropRequest(): Promise<ConsoleCertificates> {
    return this.#queue.run(async () => {
      await this.#options.files.keepRequest(undefined);
      return this.state;
    });
  }

  /** Takes the one the account's authority signed when this node was paired. @throws GuildhallError `service.not-paired` */
  useAccount(): Promise<ConsoleCertificates> {
    return this.#queue.run(async () => {
      const tls = this.#options.identity.current?.tls;
      if (!tls) {
        const sentence = 'This node is not paired with an account yet. Paste the connector token first.';
        throw new GuildhallError('service.not-paired', sentence);
      }
      await this.#install({ certPem: tls.certificatePem, keyPem: tls.keyPem }, 'account');
      return this.state;
    });
  }

  /** Begins an order, whose end `state` tells. @throws GuildhallError `certificate.order-running` */
  order(request: z.output<typeof OrderCertificateRequest>): ConsoleCertificates {
    if (this.#ordering) {
      throw new GuildhallError(
        'certificate.order-running',
        'A certificate is being ordered. Wait until that ends.',
      );
    }
    const { hosts } = request;
    this.#order = { state: 'running', hosts, reason: '', atMs: this.#options.clock.now() };
    this.#ordering = this.#runOrder(request).finally(() => (this.#ordering = undefined));
    return this.state;
  }

  /** For tests: when the order under way has ended. */
  async settled(): Promise<void> {
    await this.#ordering;
  }

  async #runOrder({ hosts, email, directoryUrl }: z.output<typeof OrderCertificateRequest>): Promise<void> {
    const { files, challenge, outbound, clock, logger } = this.#options;
    try {
      const order = { directoryUrl, email, hosts, files, challenge, outbound: outbound() };
      const pair = await orderCertificate(order);
      await this.#queue.run(() => this.#install(pair, 'acme'));
      this.#order = { state: 'done', hosts, reason: '', atMs: clock.now() };
    } catch (error) {
      const reason = error instanceof Error ? error.message : 'unknown';
      logger.warn({ hosts, err: error }, 'a certificate could not be ordered');
      this.#order = { state: 'failed', hosts, reason: reason.slice(0, 500), atMs: clock.now() };
    }
  }

  async #install(pair: Pair, source: ConsoleCertificates['source']): Promise<void> {
    const { files, onInstalled, clock, logger } = this.#options;
    assertUsable(pair.certPem, pair.keyPem, clock.now());
    const installedAtMs = clock.now();
    await files.install({ ...pair, source, installedAtMs });
    const { subject, notAfterMs } = describe(pair.certPem);
    logger.info({ subject, source, notAfterMs }, 'another certificate is installed');
    await onInstalled(pair);
  }
}
