import { SerialQueue, type Clock, type Logger, type Random, type Timer } from '@guildhall/kit';
import type { Outbound } from '@guildhall/kit/outbound';
import type {
  ConsoleCertificates,
  OrderCertificateRequest,
  ServiceName,
  UploadCertificateRequest,
} from '@guildhall/protocol';
import { GuildhallError } from '@guildhall/rpc';
import type { z } from 'zod';
import type { IdentityPort } from '../types.ts';
import type { orderCertificate } from './acme.ts';
import type { CertificateFiles } from './files.ts';
import { assertUsable, describe } from './inspect.ts';
import { renewalAtMs } from './renewal.ts';

/** Also how soon a failed try can be made good after a start, or after the clock was set. */
const lookEveryMs = 3_600_000;

type Order = Pick<z.output<typeof OrderCertificateRequest>, 'hosts' | 'email' | 'directoryUrl'>;

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
  /** Services that take the certificate up only when they are started again. */
  readonly outdated: () => readonly ServiceName[];
  readonly orderCertificate: typeof orderCertificate;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
}

/** The certificate browsers see on this VM, and the ways to a new one. Whatever is refused leaves the old one in use. */
export class Certificates {
  readonly #options: CertificatesOptions;
  readonly #queue = new SerialQueue({ name: 'the certificates', maxLength: 5 });
  #order: ConsoleCertificates['order'] = { state: 'none', hosts: [], reason: '', atMs: null };
  #ordering: Promise<void> | undefined;
  #timer: Timer | undefined;

  constructor(options: CertificatesOptions) {
    this.#options = options;
  }

  get state(): ConsoleCertificates {
    const { files, configured, identity, outdated } = this.#options;
    const { installed, request } = files;
    const shown = installed?.certPem ?? configured;
    const installedAtMs = installed?.installedAtMs ?? null;
    return {
      current: shown === undefined ? null : describe(shown),
      source: installed?.source ?? (configured === undefined ? 'none' : 'configured'),
      installedAtMs,
      consoleUsesIt: configured !== undefined,
      restartNeeded: installed ? [...outdated()] : [],
      request: request
        ? { csrPem: request.csrPem, hosts: request.hosts, createdAtMs: request.createdAtMs }
        : null,
      accountAvailable: identity.current !== undefined,
      order: this.#order,
      renewal: this.#renewal(),
    };
  }

  /** Begins to renew by itself what was ordered by ACME. */
  start(): void {
    this.#timer ??= this.#options.clock.setInterval(() => this.renewWhenDue(), lookEveryMs);
    this.renewWhenDue();
  }

  /** Idempotent. An order under way ends by itself. */
  close(): void {
    this.#timer?.cancel();
  }

  /** Orders anew when it is time. */
  renewWhenDue(): void {
    const { files, clock, logger } = this.#options;
    const renewal = this.#renewal();
    if (!renewal || !files.order || this.#ordering || clock.now() < renewal.nextAtMs) return;
    const { hosts, email, directoryUrl } = files.order;
    logger.info({ hosts, failures: renewal.failures }, 'the certificate is ordered anew');
    this.#begin({ hosts, email, directoryUrl }, true);
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
    this.#begin(request, false);
    return this.state;
  }

  /** For tests: when the order under way has ended. */
  async settled(): Promise<void> {
    await this.#ordering;
  }

  /** Null unless the certificate in use was ordered by ACME. */
  #renewal(): NonNullable<ConsoleCertificates['renewal']> | null {
    const { installed, order } = this.#options.files;
    if (installed?.source !== 'acme' || !order) return null;
    const { failures, reason } = order;
    return { nextAtMs: renewalAtMs(describe(installed.certPem), order), failures, reason };
  }

  #begin(request: Order, isRenewal: boolean): void {
    const { hosts } = request;
    this.#order = { state: 'running', hosts, reason: '', atMs: this.#options.clock.now() };
    this.#ordering = this.#runOrder(request, isRenewal).finally(() => (this.#ordering = undefined));
  }

  async #runOrder({ hosts, email, directoryUrl }: Order, isRenewal: boolean): Promise<void> {
    const { files, challenge, outbound, clock, random, logger } = this.#options;
    const keep = (failures: number, reason: string): Promise<void> =>
      files.keepOrder({
        hosts,
        email,
        directoryUrl,
        failures,
        reason,
        triedAtMs: clock.now(),
        chance: random.float(),
      });
    try {
      const order = { directoryUrl, email, hosts, files, challenge, outbound: outbound() };
      const pair = await this.#options.orderCertificate(order);
      await this.#queue.run(() => this.#install(pair, 'acme'));
      await keep(0, '');
      this.#order = { state: 'done', hosts, reason: '', atMs: clock.now() };
    } catch (error) {
      const reason = (error instanceof Error ? error.message : 'unknown').slice(0, 500);
      this.#order = { state: 'failed', hosts, reason, atMs: clock.now() };
      if (!isRenewal) return logger.warn({ hosts, err: error }, 'a certificate could not be ordered');
      // Somebody may have installed another one meanwhile; then this no longer matters, and is no harm.
      await keep((files.order?.failures ?? 0) + 1, reason);
      const nextAtMs = this.#renewal()?.nextAtMs;
      logger.warn({ hosts, nextAtMs, err: error }, 'the certificate could not be renewed; it is tried again');
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
