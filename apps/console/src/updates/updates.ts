import { existsSync } from 'node:fs';
import { mkdir, open, readdir, readlink, rename, rm, stat, symlink } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { SerialQueue, type Logger } from '@guildhall/kit';
import { productVersion, VersionText, type ConsoleUpdates } from '@guildhall/protocol';
import { GuildhallError } from '@guildhall/rpc';
import { pointTo } from './record.ts';
import type { Restarter } from './restarter.ts';
import { refused } from './tar-reader.ts';
import { compareVersions, piecesOf, verifyBundle } from './verify.ts';

interface UpdatesOptions {
  /** Has `versions/<version>` and the link `current`; none where updates come by other ways. */
  readonly installDir: string | undefined;
  /** Where an upload waits. */
  readonly workDir: string;
  readonly releaseKeys: readonly string[];
  readonly maxBytes: number;
  readonly restarter: Pick<Restarter, 'assertIdle' | 'begin' | 'isPossible' | 'state'>;
  readonly logger: Logger;
}

/**
 * Signed update bundles: uploaded in parts, verified before anything of them is unpacked, unpacked beside the version in
 * use, and gone over to by the restarter. Going back is the same.
 */
export class Updates {
  readonly #options: UpdatesOptions;
  readonly #queue = new SerialQueue({ name: 'the updates', maxLength: 10 });

  constructor(options: UpdatesOptions) {
    this.#options = options;
  }

  async state(): Promise<ConsoleUpdates> {
    const { installDir, restarter } = this.#options;
    const nothing = { current: null, installed: [], receivedBytes: 0 };
    if (installDir === undefined) return { managed: false, running: productVersion, ...nothing };
    const names = await readdir(join(installDir, 'versions')).catch(() => []);
    const installed = names.filter((name) => isVersion(name)).toSorted((a, b) => compareVersions(b, a));
    const target = await readlink(join(installDir, 'current')).catch(() => '');
    return {
      managed: true,
      running: productVersion,
      current: isVersion(basename(target)) ? basename(target) : null,
      installed: installed.slice(0, 100),
      receivedBytes: await this.#receivedBytes(),
      restarts: restarter.isPossible,
      restart: restarter.state,
    };
  }

  /** @throws GuildhallError `update.not-managed`, `update.too-large`, `request.conflict` when `offset` is not where it ended */
  addPart(offset: number, part: Buffer): Promise<ConsoleUpdates> {
    return this.#queue.run(async () => {
      const { workDir, maxBytes } = this.#options;
      this.#installDir();
      await mkdir(workDir, { recursive: true, mode: 0o700 });
      if (offset + part.length > maxBytes) {
        await rm(this.#upload, { force: true });
        throw refused('update.too-large');
      }
      if (offset !== 0 && offset !== (await this.#receivedBytes())) {
        throw new GuildhallError(
          'request.conflict',
          'The parts of the bundle came out of order. Upload it again.',
        );
      }
      const file = await open(this.#upload, offset === 0 ? 'w' : 'r+', 0o600);
      try {
        await file.write(part, 0, part.length, offset);
      } finally {
        await file.close();
      }
      return this.state();
    });
  }

  /** Verifies what was uploaded, unpacks it and switches to it. @throws GuildhallError `update.*` */
  install(): Promise<ConsoleUpdates> {
    return this.#queue.run(async () => {
      const installDir = this.#installDir();
      this.#options.restarter.assertIdle();
      if (!existsSync(this.#upload)) throw refused('update.damaged');
      const file = await open(this.#upload, 'r');
      try {
        const { size } = await file.stat();
        const bundle = await verifyBundle(file, size, this.#options.releaseKeys);
        const target = join(installDir, 'versions', bundle.version);
        const next = `${target}.tmp`;
        await rm(next, { recursive: true, force: true });
        for (const entry of bundle.files) {
          const path = join(next, entry.name);
          await mkdir(dirname(path), { recursive: true });
          const out = await open(path, 'wx', entry.executable ? 0o755 : 0o644);
          try {
            for await (const piece of piecesOf(file, entry)) await out.write(piece);
            await out.sync();
          } finally {
            await out.close();
          }
        }
        // Last, so that no file was written through one of them.
        for (const link of bundle.links) {
          const path = join(next, link.name);
          await mkdir(dirname(path), { recursive: true });
          await symlink(link.target, path);
        }
        await rm(target, { recursive: true, force: true });
        await rename(next, target);
        this.#goTo(bundle.version);
      } finally {
        await file.close();
        await rm(this.#upload, { force: true });
      }
      return this.state();
    });
  }

  /** @throws GuildhallError `not-found`, `update.not-managed` */
  activate(version: string): Promise<ConsoleUpdates> {
    return this.#queue.run(async () => {
      this.#installDir();
      const { installed } = await this.state();
      if (!installed.includes(version)) {
        throw new GuildhallError('not-found', `Version ${version} is not installed on this server.`);
      }
      this.#goTo(version);
      return this.state();
    });
  }

  /** At once, or by the next start where the console cannot restart itself. */
  #goTo(version: string): void {
    const { logger, restarter } = this.#options;
    const installDir = this.#installDir();
    if (restarter.isPossible) {
      restarter.begin(version);
      return;
    }
    pointTo(installDir, version);
    logger.info({ version }, 'the next start takes this version');
  }

  get #upload(): string {
    return join(this.#options.workDir, 'upload.tar');
  }

  async #receivedBytes(): Promise<number> {
    const found = await stat(this.#upload).catch(() => undefined);
    return found?.size ?? 0;
  }

  #installDir(): string {
    const { installDir } = this.#options;
    if (installDir === undefined) throw refused('update.not-managed');
    return installDir;
  }
}

const isVersion = (name: string): boolean =>
  VersionText.safeParse(name).success && /^\d+\.\d+\.\d+$/u.test(name);
