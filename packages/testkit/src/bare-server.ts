import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { openSync } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import { freePortBlock } from './ports.ts';
import { until } from './until.ts';

const root = fileURLToPath(new URL('../../..', import.meta.url));

/** What an administrator has before anything is set up: a cloud with its owner, and a server whose console is not paired. */
export class BareServer implements AsyncDisposable {
  readonly portal: string;
  readonly console: string;
  readonly owner = { email: 'olivia@example.org', password: 'morning tide seven lamps' } as const;
  readonly dataDir: string;
  readonly #children: ChildProcess[] = [];

  private constructor(dataDir: string, base: number) {
    this.dataDir = dataDir;
    this.portal = `http://localhost:${base}`;
    this.console = `http://localhost:${base + 3}`;
  }

  /** @param cloudEnv further settings of the cloud, such as `GUILDHALL_CLOUD_DOWNLOADS_DIR` */
  static async start(cloudEnv: Record<string, string> = {}): Promise<BareServer> {
    const base = await freePortBlock(32);
    const server = new BareServer(await mkdtemp(join(tmpdir(), 'guildhall-bare-')), base);
    const at = (...parts: string[]): string => join(server.dataDir, ...parts);
    const worker = process.env['MEDIASOUP_WORKER_BIN'];
    server.#run('cloud', {
      GUILDHALL_CLOUD_PORT: String(base),
      GUILDHALL_CLOUD_PUBLIC_URL: server.portal,
      GUILDHALL_CLOUD_DATA_DIR: at('cloud'),
      GUILDHALL_OWNER_EMAIL: server.owner.email,
      GUILDHALL_OWNER_PASSWORD: server.owner.password,
      ...cloudEnv,
    });
    server.#run('console', {
      GUILDHALL_CONSOLE_PORT: String(base + 3),
      GUILDHALL_CONSOLE_DATA_DIR: at('console'),
      GUILDHALL_CONSOLE_IDENTITY_FILE: at('node', 'identity.json'),
      GUILDHALL_CONSOLE_LOG_DIR: at('logs'),
      GUILDHALL_CONSOLE_RUN_DIR: at('run'),
      GUILDHALL_ZCTRL_PORT: String(base + 1),
      GUILDHALL_MMR_PORT: String(base + 2),
      GUILDHALL_MMR_CONTROLLERS: `ws://localhost:${base + 1}/v1/router`,
      GUILDHALL_MEDIA_PORT: String(base + 10),
      GUILDHALL_MMR_ICE_TCP_PORT: String(base + 20),
      ...(worker === undefined ? {} : { MEDIASOUP_WORKER_BIN: worker }),
    });
    await Promise.all([answers(`${server.portal}/api/v1/me`), answers(`${server.console}/api/v1/me`)]);
    return server;
  }

  /** The password the console made for `admin` at its first start, as an administrator finds it on the machine. */
  async firstPassword(): Promise<string> {
    return z
      .string()
      .parse(await readFile(join(this.dataDir, 'console', 'initial-password'), 'utf8'))
      .trim();
  }

  #run(app: 'cloud' | 'console', env: Record<string, string>): void {
    const log = openSync(join(this.dataDir, `${app}.log`), 'a');
    const main = join(root, 'apps', app, 'src', 'main.ts');
    this.#children.push(
      spawn(process.execPath, [main], {
        cwd: this.dataDir,
        env: { PATH: process.env['PATH'], HOME: this.dataDir, GUILDHALL_LIFE_LINE_FD: '3', ...env },
        stdio: ['ignore', log, log, 'pipe'],
      }),
    );
  }

  async stop(): Promise<void> {
    await Promise.all(
      this.#children.splice(0).map(async (child) => {
        // The life line closes when the last process of this child is gone, the services too.
        const line = child.stdio[3];
        if (!(line instanceof Socket) || line.destroyed) return;
        const gone = once(line.resume(), 'close');
        line.end();
        await gone;
      }),
    );
    await rm(this.dataDir, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }
}

const answers = (url: string): Promise<Response> =>
  until(`an answer of ${url}`, () => fetch(url).catch(() => undefined));
