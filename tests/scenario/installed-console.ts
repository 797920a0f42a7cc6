import { spawn, spawnSync } from 'node:child_process';
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { readFile, rm } from 'node:fs/promises';
import { Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isProcessAlive, readRunFile } from '@guildhall/kit';
import { ConsoleStatus, ConsoleUpdates, productVersion } from '@guildhall/protocol';
import { freePort, until } from '@guildhall/testkit';
import { connectorToken, type FakeCloud } from './zone/fake-cloud.ts';

const root = join(import.meta.dirname, '..', '..');
const admin = { username: 'admin', password: 'kelp-orbit-71-lantern' };
const partBytes = 4 * 1024 * 1024;

/** A console that was installed by bundles: `versions/<x.y.z>`, the link `current`, a zone controller and a router's stub. */
export class InstalledConsole {
  readonly dir = mkdtempSync(join(tmpdir(), 'guildhall-installed-'));
  readonly installDir = join(this.dir, 'opt');
  readonly #releaseKey: string;
  readonly #pids = new Set<number>();
  readonly #lifeLines: Socket[] = [];
  #port = 0;
  #zctrlPort = 0;
  #cookie = '';

  constructor() {
    // What is not of the product is found here, above every version.
    symlinkSync(join(root, 'node_modules'), join(this.dir, 'node_modules'));
    mkdirSync(join(this.installDir, 'versions'), { recursive: true });
    this.#tree(productVersion, join(this.installDir, 'versions', productVersion));
    symlinkSync(join('versions', productVersion), join(this.installDir, 'current'));
    this.#releaseKey = this.#tool('key', '--key', 'release.key').trim();
    this.meetings(0);
  }

  /** Of the router. */
  meetings(count: number): void {
    writeFileSync(join(this.dir, 'meetings'), String(count));
  }

  /** A signed bundle of this product with another version. @param main another main.ts of its console, or zctrl */
  bundle(version: string, broken: Readonly<Record<string, string>> = {}): Buffer {
    const tree = join(this.dir, `product-${version}`);
    this.#tree(version, tree);
    for (const [path, text] of Object.entries(broken)) writeFileSync(join(tree, path), text);
    const out = `${version}.tar`;
    this.#tool('make', '--key', 'release.key', '--from', tree, '--version', version, '--out', out);
    return readFileSync(join(this.dir, out));
  }

  /** Starts what `current` is, as whoever starts the machine does. */
  async start(): Promise<void> {
    this.#port ||= await freePort();
    this.#zctrlPort ||= await freePort();
    const child = spawn(process.execPath, [join(this.installDir, 'current/apps/console/src/main.ts')], {
      cwd: this.dir,
      stdio: ['ignore', 'ignore', 'inherit', 'pipe'],
      env: {
        PATH: process.env['PATH'],
        GUILDHALL_LIFE_LINE_FD: '3',
        GUILDHALL_CONSOLE_PORT: String(this.#port),
        GUILDHALL_CONSOLE_INITIAL_PASSWORD: admin.password,
        GUILDHALL_CONSOLE_INITIAL_PASSWORD_FINAL: 'true',
        GUILDHALL_CONSOLE_INSTALL_DIR: this.installDir,
        GUILDHALL_CONSOLE_RELEASE_KEYS: this.#releaseKey,
        GUILDHALL_CONSOLE_MMR_COMMAND: join(import.meta.dirname, 'service-stub.ts'),
        GUILDHALL_MMR_MEETINGS_FILE: join(this.dir, 'meetings'),
        GUILDHALL_ZCTRL_PORT: String(this.#zctrlPort),
      },
    });
    const line = child.stdio[3];
    if (line instanceof Socket) this.#lifeLines.push(line.resume());
    await until('the start of the console', () => this.pid === child.pid);
    await this.signIn();
  }

  async signIn(): Promise<void> {
    const answer = await this.#call('POST', '/session', JSON.stringify(admin));
    this.#cookie = answer.headers.get('set-cookie')?.split(';', 1)[0] ?? '';
  }

  /** With both services running. */
  async pair(cloud: FakeCloud): Promise<void> {
    const request = { token: connectorToken, controlUrl: cloud.url, role: 'controller' };
    const answer = await this.#call('POST', '/pairing', JSON.stringify(request));
    if (!answer.ok) throw new Error(await answer.text());
    await until('both services', async () => {
      const { services } = await this.status();
      return services.every(({ state }) => state === 'running');
    });
  }

  /** Uploads a bundle and has it installed. */
  async install(bundle: Buffer): Promise<ConsoleUpdates> {
    for (let at = 0; at < bundle.length; at += partBytes) {
      const part = bundle.subarray(at, at + partBytes);
      const answer = await this.#call(
        'PUT',
        `/updates/upload?offset=${at}`,
        part,
        'application/octet-stream',
      );
      if (!answer.ok) throw new Error(await answer.text());
    }
    const answer = await this.#call('POST', '/updates/install');
    const body: unknown = await answer.json();
    if (!answer.ok) throw new Error(JSON.stringify(body));
    return ConsoleUpdates.parse(body);
  }

  async restartNow(): Promise<void> {
    await this.#call('POST', '/updates/restart-now', JSON.stringify({ confirmed: true }));
  }

  async status(): Promise<ConsoleStatus> {
    return ConsoleStatus.parse(await (await this.#call('GET', '/status')).json());
  }

  /** By name, pid and version of each service. */
  async services(): Promise<Record<string, { pid: number | null; version: string | null }>> {
    const { services } = await this.status();
    return Object.fromEntries(services.map(({ name, pid, version }) => [name, { pid, version }]));
  }

  async updates(): Promise<ConsoleUpdates> {
    return ConsoleUpdates.parse(await (await this.#call('GET', '/updates')).json());
  }

  /** Of the console that runs; undefined between two of them. */
  get pid(): number | undefined {
    const pid = readRunFile(join(this.dir, 'data', 'run'), 'console')?.pid;
    if (pid !== undefined) this.#pids.add(pid);
    return pid;
  }

  /** What the record on disk says, which is there also while no console runs. */
  async record(): Promise<string> {
    return readFile(join(this.dir, 'data/console/updates/record.json'), 'utf8').catch(() => '');
  }

  log(): Promise<string> {
    return readFile(join(this.dir, 'data/logs/console.log'), 'utf8');
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const line of this.#lifeLines) line.destroy();
    await until('the end of every process', () => [...this.#pids].every((pid) => !isProcessAlive(pid)));
    await rm(this.dir, { recursive: true, force: true, maxRetries: 5 });
  }

  #call(method: string, path: string, body?: string | Buffer, type = 'application/json'): Promise<Response> {
    return fetch(`http://localhost:${this.#port}/api/v1${path}`, {
      method,
      headers: { cookie: this.#cookie, ...(body !== undefined && { 'content-type': type }) },
      ...(body !== undefined && { body: typeof body === 'string' ? body : new Uint8Array(body) }),
    });
  }

  /** The product without what others made. */
  #tree(version: string, to: string): void {
    const copy = (path: string): void =>
      cpSync(join(root, path), join(to, path), {
        recursive: true,
        filter: (from) => !/\.test\.tsx?$/u.test(from),
      });
    for (const path of ['apps/console', 'apps/zctrl', 'apps/console-ui/dist']) copy(path);
    mkdirSync(join(to, 'node_modules', '@guildhall'), { recursive: true });
    for (const name of readdirSync(join(root, 'packages'))) {
      copy(`packages/${name}`);
      symlinkSync(`../../packages/${name}`, join(to, 'node_modules', '@guildhall', name));
    }
    const path = join(to, 'packages/protocol/src/version.ts');
    writeFileSync(path, readFileSync(path, 'utf8').replace(`'${productVersion}'`, `'${version}'`));
  }

  #tool(...words: readonly string[]): string {
    const tool = join(root, 'scripts', 'update-bundle.ts');
    const { status, stdout, stderr } = spawnSync(process.execPath, [tool, ...words], {
      cwd: this.dir,
      encoding: 'utf8',
    });
    if (status !== 0) throw new Error(stderr);
    return stdout;
  }
}
