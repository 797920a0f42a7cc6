import { existsSync, readFileSync } from 'node:fs';
import { mkdir, open, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Logger } from '@guildhall/kit';
import { ConsoleCertificates } from '@guildhall/protocol';
import { z } from 'zod';

/** Certificate and key are one file, so that no crash leaves one of one and the other of another. */
const Installed = z.strictObject({
  certPem: z.string(),
  keyPem: z.string(),
  source: ConsoleCertificates.shape.source,
  installedAtMs: z.int(),
});
export type Installed = z.output<typeof Installed>;
const Request = z.strictObject({
  csrPem: z.string(),
  keyPem: z.string(),
  hosts: z.array(z.string()),
  createdAtMs: z.int(),
});
export type OpenRequest = z.output<typeof Request>;
/** How the certificate in use was ordered, for the next time, and how the tries since went. */
const Order = z.strictObject({
  hosts: z.array(z.string()),
  email: z.string(),
  directoryUrl: z.string(),
  failures: z.int().min(0),
  triedAtMs: z.int(),
  reason: z.string(),
  chance: z.number().min(0).max(1),
});
export type OpenOrder = z.output<typeof Order>;

/** The certificate of this VM and the open request for one, on disk, readable by this user only. */
export class CertificateFiles {
  readonly #dir: string;
  installed: Installed | undefined;
  request: OpenRequest | undefined;
  order: OpenOrder | undefined;

  constructor(dir: string, logger: Logger) {
    this.#dir = dir;
    const read = <T>(name: string, schema: z.ZodType<T>): T | undefined => {
      const path = join(dir, name);
      if (!existsSync(path)) return undefined;
      try {
        return schema.parse(JSON.parse(readFileSync(path, 'utf8')));
      } catch {
        // Not quoted: it holds a private key.
        logger.error({ path }, 'a certificate file cannot be read; install the certificate again');
        return undefined;
      }
    };
    this.installed = read('installed.json', Installed);
    this.request = read('request.json', Request);
    this.order = read('acme-order.json', Order);
  }

  /** Where the services find what is installed. */
  get certPath(): string {
    return join(this.#dir, 'server.crt');
  }

  get keyPath(): string {
    return join(this.#dir, 'server.key');
  }

  get accountKeyPath(): string {
    return join(this.#dir, 'acme-account.key');
  }

  /** Answers when it is on disk. */
  async install(next: Installed): Promise<void> {
    await this.#write('installed.json', JSON.stringify(next));
    this.installed = next;
    await this.writeForServices();
  }

  /** The services read PEM files; they are written anew at each start, in case a crash came between the two. */
  async writeForServices(): Promise<void> {
    if (!this.installed) return;
    await this.#write('server.key', this.installed.keyPem);
    await this.#write('server.crt', this.installed.certPem);
  }

  async keepRequest(next: OpenRequest | undefined): Promise<void> {
    if (next) await this.#write('request.json', JSON.stringify(next));
    else await rm(join(this.#dir, 'request.json'), { force: true });
    this.request = next;
  }

  async keepOrder(next: OpenOrder): Promise<void> {
    await this.#write('acme-order.json', JSON.stringify(next));
    this.order = next;
  }

  async writeAccountKey(pem: string): Promise<void> {
    await this.#write('acme-account.key', pem);
  }

  async #write(name: string, text: string): Promise<void> {
    await mkdir(this.#dir, { recursive: true, mode: 0o700 });
    const path = join(this.#dir, name);
    const next = `${path}.tmp`;
    const file = await open(next, 'w', 0o600);
    try {
      await file.writeFile(text);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(next, path);
  }
}
