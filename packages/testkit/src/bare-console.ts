import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { lifeLineVariable, readRunFiles } from '@guildhall/kit';
import { until } from './until.ts';

const main = fileURLToPath(new URL('../../../apps/console/src/main.ts', import.meta.url));

/** A console alone, with everything it keeps in a directory of its own: what its pages and its API are without a cloud. */
export class BareConsole implements AsyncDisposable {
  readonly dir: string;
  readonly admin = { username: 'admin', password: 'kelp-orbit-71-lantern' } as const;
  readonly #settings: Readonly<Record<string, string>>;
  readonly #lifeLines: Socket[] = [];
  #child: ChildProcess | undefined;
  #port = 0;

  private constructor(dir: string, settings: Readonly<Record<string, string>>) {
    this.dir = dir;
    this.#settings = settings;
  }

  /** @param settingsIn further settings as environment, for the directory in which the console works */
  static async start(
    settingsIn: (dir: string) => Promise<Record<string, string>> | Record<string, string> = () => ({}),
  ): Promise<BareConsole> {
    const dir = await mkdtemp(join(tmpdir(), 'guildhall-console-'));
    const bare = new BareConsole(dir, await settingsIn(dir));
    await bare.start();
    return bare;
  }

  get port(): number {
    return this.#port;
  }

  /** For a console without certificate. */
  get origin(): string {
    return `http://localhost:${this.#port}`;
  }

  /** Where its run file is, and those of the services it has started. */
  get runDir(): string {
    return join(this.dir, 'data', 'run');
  }

  /** Again after `end`, with what the one before has left; on another port. */
  async start(): Promise<void> {
    const child = spawn(process.execPath, [main], {
      cwd: this.dir,
      env: {
        PATH: process.env['PATH'],
        GUILDHALL_CONSOLE_PORT: '0',
        GUILDHALL_CONSOLE_INITIAL_PASSWORD: this.admin.password,
        GUILDHALL_CONSOLE_INITIAL_PASSWORD_FINAL: 'true',
        [lifeLineVariable]: '3',
        ...this.#settings,
      },
      stdio: ['ignore', 'ignore', 'inherit', 'pipe'],
    });
    this.#child = child;
    const line = child.stdio[3];
    if (line instanceof Socket) this.#lifeLines.push(line.resume());
    const run = await until('the start of the console', async () => {
      if (child.exitCode !== null) throw new Error(`the console ended with ${child.exitCode}`);
      return (await readRunFiles(this.runDir)).find(({ pid }) => pid === child.pid);
    });
    this.#port = run.ports['http'] ?? run.ports['https'] ?? 0;
  }

  /** Ends the console by SIGTERM; its services live on. */
  async end(): Promise<void> {
    const child = this.#child;
    this.#child = undefined;
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    const gone = once(child, 'exit');
    child.kill('SIGTERM');
    await gone;
  }

  /** Ends the console and all it has started. */
  async stop(): Promise<void> {
    await this.end();
    // The services hold the other end, so it closes when the last of them is gone.
    for (const line of this.#lifeLines) line.end();
    await until('the end of every process', () => this.#lifeLines.every((line) => line.destroyed));
    await rm(this.dir, { recursive: true, force: true });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }
}
