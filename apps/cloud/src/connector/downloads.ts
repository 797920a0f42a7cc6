import { createHash } from 'node:crypto';
import { constants, createReadStream, type ReadStream } from 'node:fs';
import { open, readdir, readFile, stat, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import type { Logger } from '@guildhall/kit';
import { ConnectorDownload, VersionText } from '@guildhall/protocol';
import { z } from 'zod';

/** Safe in a path, a URL and a header, and not longer than the server's router takes. */
const fileName = /^[A-Za-z0-9][A-Za-z0-9._+-]{0,99}$/u;
const sidecarEnding = '.json';
const maxFiles = 200;
const maxSidecarBytes = 64 * 1024;

const kindByEnding = [
  [/\.(ova|ovf|vmdk|qcow2|vhdx?|iso|img)(\.(gz|xz|zst))?$/iu, 'appliance'],
  [/\.(deb|rpm|apk)$/iu, 'package'],
  [/(\.oci|docker|container|image)[^/]*\.(tar|tgz)(\.(gz|xz|zst))?$/iu, 'container'],
  [/\.(tar|tgz|zip)(\.(gz|xz|zst))?$/iu, 'package'],
] as const;

/** `<file>.json` beside a file: what its name does not say. */
const Sidecar = z.object({
  kind: ConnectorDownload.shape.kind.optional(),
  version: VersionText.optional(),
  steps: ConnectorDownload.shape.steps.optional(),
});

interface Digest {
  readonly sizeBytes: number;
  readonly mtimeMs: number;
  readonly sha256: string;
}

export interface OpenDownload {
  readonly stream: ReadStream;
  readonly sizeBytes: number;
}

/** The files of one folder, which its operator fills: names, sizes, digests, and their content. */
export class Downloads {
  readonly #directory: string | undefined;
  readonly #logger: Logger;
  readonly #digests = new Map<string, Digest>();
  #hashing: Promise<void> | undefined;
  readonly #stop = new AbortController();

  constructor(options: { readonly directory: string | undefined; readonly logger: Logger }) {
    this.#directory = options.directory;
    this.#logger = options.logger;
  }

  get isConfigured(): boolean {
    return this.#directory !== undefined;
  }

  /** Newest first. A folder that cannot be read is logged and counts as empty. */
  async list(): Promise<ConnectorDownload[]> {
    const files = await this.#files();
    const found = await Promise.all(
      files.map(async ({ name, sizeBytes, mtimeMs }) => {
        const { kind, version, steps } = await this.#sidecar(name);
        const known = this.#digests.get(name);
        const isCurrent = known?.sizeBytes === sizeBytes && known.mtimeMs === mtimeMs;
        return {
          name,
          kind: kind ?? kindByEnding.find(([ending]) => ending.test(name))?.[1] ?? 'other',
          version: version ?? versionIn(name),
          sizeBytes,
          sha256: isCurrent ? known.sha256 : null,
          steps: steps ?? [],
        };
      }),
    );
    if (found.some((file) => file.sha256 === null)) this.#hashing ??= this.#hashAll(files);
    return found;
  }

  /** Undefined for everything that `list` would not name. The caller reads the stream to its end or destroys it. */
  async open(name: string): Promise<OpenDownload | undefined> {
    const handle = await this.#openFile(name);
    if (!handle) return undefined;
    const { size } = await handle.stat();
    // The end is fixed, so that a file that grows meanwhile does not outgrow the length that was promised.
    const stream = createReadStream('', { fd: handle, autoClose: true, end: Math.max(0, size - 1) });
    return { stream, sizeBytes: size };
  }

  /** Idempotent. */
  async close(): Promise<void> {
    this.#stop.abort();
    await this.#hashing;
  }

  async #files(): Promise<{ name: string; sizeBytes: number; mtimeMs: number }[]> {
    if (this.#directory === undefined) return [];
    const directory = this.#directory;
    try {
      const entries = await readdir(directory, { withFileTypes: true });
      const names = entries
        .filter((entry) => entry.isFile() && isOffered(entry.name))
        .map(({ name }) => name);
      const facts = await Promise.all(
        names.slice(0, maxFiles).map(async (name) => {
          const { size, mtimeMs } = await stat(join(directory, name));
          return { name, sizeBytes: size, mtimeMs };
        }),
      );
      return facts.toSorted((a, b) => b.mtimeMs - a.mtimeMs || (a.name < b.name ? -1 : 1));
    } catch (error) {
      this.#logger
        .sampled('downloads', 60_000)
        .warn({ err: error }, 'the folder of downloads cannot be read');
      return [];
    }
  }

  /** A link out of the folder is not followed: only what lies in it is offered. */
  async #openFile(name: string): Promise<FileHandle | undefined> {
    if (this.#directory === undefined || !isOffered(name)) return undefined;
    let handle: FileHandle | undefined;
    try {
      handle = await open(
        join(this.#directory, name),
        constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK,
      );
      if ((await handle.stat()).isFile()) return handle;
    } catch {
      // Gone, a link, or not ours to read: not on offer.
    }
    await handle?.close();
    return undefined;
  }

  async #sidecar(name: string): Promise<z.output<typeof Sidecar>> {
    const path = join(this.#directory ?? '', `${name}${sidecarEnding}`);
    try {
      if ((await stat(path)).size > maxSidecarBytes) throw new Error('it is too large');
      return Sidecar.parse(JSON.parse(await readFile(path, 'utf8')));
    } catch (error) {
      const isMissing = error instanceof Error && 'code' in error && error.code === 'ENOENT';
      if (!isMissing)
        this.#logger
          .sampled(`sidecar ${name}`, 600_000)
          .warn({ err: error, name }, 'what is told of a download cannot be used');
      return {};
    }
  }

  /** One file after the other: images are large, and other work must get the disk too. */
  async #hashAll(files: readonly { name: string; sizeBytes: number; mtimeMs: number }[]): Promise<void> {
    for (const { name, sizeBytes, mtimeMs } of files) {
      const known = this.#digests.get(name);
      if (known?.sizeBytes === sizeBytes && known.mtimeMs === mtimeMs) continue;
      try {
        const file = await this.open(name);
        if (!file) continue;
        const hash = createHash('sha256');
        await pipeline(file.stream, hash, { signal: this.#stop.signal });
        this.#digests.set(name, { sizeBytes, mtimeMs, sha256: hash.digest('hex') });
      } catch (error) {
        if (this.#stop.signal.aborted) break;
        this.#logger.sampled('digest', 60_000).warn({ err: error, name }, 'a download could not be read');
      }
    }
    this.#hashing = undefined;
  }
}

const isOffered = (name: string): boolean => fileName.test(name) && !name.endsWith(sidecarEnding);

/** `guildhall-connector_1.2.0-rc.1_amd64.deb` → `1.2.0-rc.1` */
function versionIn(name: string): string | null {
  return /(?:^|[-_v])(\d+\.\d+\.\d+(?:-(?:alpha|beta|rc)[.\d]*\d)?)/u.exec(name)?.[1] ?? null;
}
