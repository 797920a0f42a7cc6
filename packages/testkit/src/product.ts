import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { readRunFiles, type RunFacts } from '@guildhall/kit';
import { z } from 'zod';
import { freePortBlock } from './ports.ts';

const root = fileURLToPath(new URL('../../..', import.meta.url));

/** Four listeners, then media over UDP and, ten further on, over TCP, each with one port per worker. */
const portsPerVm = 32;

const Ports = z.record(z.string(), z.number());

/** The JSON line of `guildhall up --json`. */
const ReadyLine = z.object({
  portal: z.string(),
  console: z.string(),
  owner: z.object({ email: z.string(), password: z.string() }),
  consoleUser: z.object({ username: z.string(), password: z.string() }),
  joinUrl: z.string(),
  authority: z.string().nullable(),
  processes: z.array(z.object({ role: z.string(), vm: z.number(), pid: z.number(), ports: Ports })),
});
export type ProductFacts = z.output<typeof ReadyLine>;

const StatusLine = z.object({
  processes: z.array(
    z.object({
      role: z.string(),
      vm: z.number(),
      pid: z.number(),
      ports: Ports,
      health: z.string(),
      workers: z.array(z.number()),
    }),
  ),
});
export type ProductStatus = z.output<typeof StatusLine>['processes'];

/** The product as a newcomer starts it, on ports and in a data folder of its own. */
export class Product implements AsyncDisposable {
  readonly facts: ProductFacts;
  readonly dataDir: string;
  readonly #child: ChildProcess;
  readonly #env: NodeJS.ProcessEnv;
  readonly #keepData: boolean;

  private constructor(
    child: ChildProcess,
    facts: ProductFacts,
    dataDir: string,
    env: NodeJS.ProcessEnv,
    keepData: boolean,
  ) {
    this.#child = child;
    this.facts = facts;
    this.dataDir = dataDir;
    this.#env = env;
    this.#keepData = keepData;
  }

  static async start(
    options: {
      host?: string;
      dataDir?: string;
      env?: NodeJS.ProcessEnv;
      /** VMs with a router, of which the first `controllers` have a zone controller too. Default 1 and 1. */
      routers?: number;
      controllers?: number;
    } = {},
  ): Promise<Product> {
    const { routers = 1, controllers = 1 } = options;
    const base = await freePortBlock(portsPerVm * Math.max(routers, controllers));
    const dataDir = options.dataDir ?? (await mkdtemp(join(tmpdir(), 'guildhall-test-')));
    const env: NodeJS.ProcessEnv = {
      ...process.env,
      GUILDHALL_DATA: dataDir,
      GUILDHALL_PORTAL_PORT: String(base),
      GUILDHALL_ZCTRL_PORT: String(base + 1),
      GUILDHALL_MMR_PORT: String(base + 2),
      GUILDHALL_CONSOLE_PORT: String(base + 3),
      GUILDHALL_MEDIA_PORT: String(base + 10),
      GUILDHALL_VM_PORT_STEP: String(portsPerVm),
      ...options.env,
    };
    const main = join(root, 'apps', 'cli', 'src', 'main.ts');
    const args = [main, 'up', '--json', ...(options.host === undefined ? [] : ['--host', options.host])];
    args.push('--routers', String(Math.max(routers, controllers)), '--controllers', String(controllers));
    const child = spawn(process.execPath, args, { env, stdio: ['ignore', 'pipe', 'pipe'] });
    const facts = await readyLine(child);
    return new Product(child, facts, dataDir, env, options.dataDir !== undefined);
  }

  /** What the processes of every VM that run now wrote of themselves, also of one that does not answer. */
  async runFiles(): Promise<(RunFacts & { readonly vm: number })[]> {
    const vms = new Set(this.facts.processes.map(({ vm }) => vm));
    const found = [...vms].map(async (vm) => {
      const dir = vm === 1 ? this.dataDir : join(this.dataDir, 'vms', String(vm));
      return (await readRunFiles(join(dir, 'run'))).map((facts) => ({ ...facts, vm }));
    });
    return (await Promise.all(found)).flat();
  }

  /** Of `guildhall up` itself. */
  get pid(): number {
    return this.#child.pid ?? 0;
  }

  /** As it was at the start; `status` knows what was started again. */
  pidOf(role: string, vm = 1): number {
    const found = this.facts.processes.find((one) => one.role === role && one.vm === vm);
    if (found === undefined) throw new Error(`no process with role ${role} on VM ${vm}`);
    return found.pid;
  }

  /** What `guildhall status --json` says now: pids change when a process was started again. */
  async status(): Promise<ProductStatus> {
    const main = join(root, 'apps', 'cli', 'src', 'main.ts');
    const child = spawn(process.execPath, [main, 'status', '--json'], {
      env: this.#env,
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    let text = '';
    child.stdout.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
    await once(child, 'close');
    return StatusLine.parse(JSON.parse(text)).processes;
  }

  /** @returns milliseconds until every child was gone */
  async stop(): Promise<number> {
    const begunMs = performance.now();
    if (this.#child.exitCode === null && this.#child.signalCode === null) {
      const gone = once(this.#child, 'exit');
      this.#child.kill('SIGTERM');
      await gone;
    }
    const tookMs = performance.now() - begunMs;
    if (!this.#keepData)
      await rm(this.dataDir, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 });
    return tookMs;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }
}

const readyLine = async (child: ChildProcess): Promise<ProductFacts> => {
  let out = '';
  let err = '';
  child.stderr?.setEncoding('utf8').on('data', (chunk: string) => (err += chunk));
  return new Promise((done, failed) => {
    child.stdout?.setEncoding('utf8').on('data', (chunk: string) => {
      out += chunk;
      const end = out.indexOf('\n');
      if (end >= 0) done(ReadyLine.parse(JSON.parse(out.slice(0, end))));
    });
    child.once('exit', (code) =>
      failed(new Error(`guildhall up ended with ${code} before it was ready:\n${err}`)),
    );
  });
};
