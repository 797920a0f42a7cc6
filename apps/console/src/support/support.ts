import { arch, cpus, freemem, loadavg, networkInterfaces, release, totalmem, uptime } from 'node:os';
import { Readable } from 'node:stream';
import { createGzip } from 'node:zlib';
import type { Clock, Logger } from '@guildhall/kit';
import {
  logSources,
  productVersion,
  type ConsoleCertificates,
  type ConsoleStatus,
  type LogSource,
  type SelfTestState,
} from '@guildhall/protocol';
import { redactText } from '../redact-text.ts';
import { tarEnd, tarEntry } from './tar.ts';

/** The newest part of each log; a bundle has to fit into a ticket. */
const maxLogBytes = 4 * 1024 * 1024;

interface SupportOptions {
  readonly status: () => Promise<ConsoleStatus>;
  readonly selfTest: () => Promise<SelfTestState>;
  readonly certificates: () => ConsoleCertificates;
  /** The whole log, line by line, secrets masked. */
  readonly logOf: (source: LogSource) => AsyncIterable<string>;
  /** Configuration of the console; what is secret in it is left out by name. */
  readonly config: Readonly<Record<string, unknown>>;
  readonly secretKeys: readonly string[];
  readonly clock: Clock;
  readonly logger: Logger;
}

/** What somebody who helps needs to see, as one `tar.gz`, and nothing that would let them in. */
export class SupportBundle {
  readonly #options: SupportOptions;

  constructor(options: SupportOptions) {
    this.#options = options;
  }

  get name(): string {
    const time = new Date(this.#options.clock.now()).toISOString().slice(0, 19).replaceAll(':', '');
    return `guildhall-support-${time}.tar.gz`;
  }

  stream(): Readable {
    const { logger } = this.#options;
    const zipped = createGzip();
    const source = Readable.from(this.#entries());
    source.on('error', (error) => {
      logger.error({ err: error }, 'the support bundle could not be finished');
      zipped.destroy(error);
    });
    zipped.on('close', () => source.destroy());
    return source.pipe(zipped);
  }

  async *#entries(): AsyncGenerator<Buffer> {
    const { status, selfTest, certificates, logOf, clock } = this.#options;
    const file = (name: string, text: string): Buffer =>
      tarEntry(`guildhall-support/${name}`, Buffer.from(text), clock.now());
    const json = (name: string, value: unknown): Buffer => file(name, `${safeJson(value)}\n`);
    yield json('versions.json', this.#versions());
    yield json('machine.json', machine());
    yield json('config.json', this.#config());
    yield json('status.json', await status());
    const { request, ...shown } = certificates();
    yield json('certificates.json', { ...shown, requestOpen: request !== null });
    yield json('self-test.json', await selfTest());
    for (const source of logSources) yield file(`${source}.log`, await endOf(logOf(source)));
    yield tarEnd;
  }

  #versions(): Record<string, string> {
    return { product: productVersion, node: process.versions.node, openssl: process.versions.openssl };
  }

  #config(): Record<string, unknown> {
    const { config, secretKeys } = this.#options;
    return Object.fromEntries(
      Object.entries(config).map(([key, value]) => [
        key,
        secretKeys.includes(key) && value !== undefined ? '[left out]' : value,
      ]),
    );
  }
}

/** Masked value by value, so that it stays JSON. */
function safeJson(value: unknown): string {
  return JSON.stringify(
    value,
    (_key, part: unknown) => (typeof part === 'string' ? redactText(part) : part),
    2,
  );
}

function machine(): Record<string, unknown> {
  return {
    system: `${process.platform} ${release()} ${arch()}`,
    processors: cpus().length,
    model: cpus()[0]?.model,
    memoryMiB: Math.round(totalmem() / 1024 ** 2),
    freeMiB: Math.round(freemem() / 1024 ** 2),
    load: loadavg(),
    uptimeHours: Math.round(uptime() / 3600),
    interfaces: Object.fromEntries(
      Object.entries(networkInterfaces()).map(([name, addresses]) => [
        name,
        addresses?.map(({ cidr }) => cidr),
      ]),
    ),
  };
}

async function endOf(lines: AsyncIterable<string>): Promise<string> {
  const kept: string[] = [];
  let bytes = 0;
  for await (const line of lines) {
    kept.push(line);
    bytes += line.length;
    while (bytes > maxLogBytes) bytes -= kept.shift()?.length ?? bytes;
  }
  return kept.join('');
}
