import { spawn, type ChildProcess } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readRunFiles } from '@guildhall/kit';
import { ConsoleStatus, ErrorEnvelope, ZoneJoinAnswer, type ServiceName } from '@guildhall/protocol';
import { until } from '@guildhall/testkit';
import type { z } from 'zod';
import { connectorToken } from './fake-cloud.ts';

const root = join(import.meta.dirname, '..', '..', '..');

/** A VM: one directory, a console, and under it a real zone controller and a router without media. */
export class ConnectorVm {
  readonly directory = mkdtempSync(join(tmpdir(), 'guildhall-vm-'));
  readonly password = 'kelp-orbit-71-lantern';
  readonly #zctrlPort: number;
  #console: ChildProcess | undefined;
  /** One of each console; its services hold it on when it dies. */
  readonly #lifeLines: Socket[] = [];
  #cookie = '';
  #consolePort = 0;

  constructor(zctrlPort: number) {
    this.#zctrlPort = zctrlPort;
    mkdirSync(this.#path('notes'));
  }

  /** @param settings further ones of the console, as environment */
  async startConsole(settings: Readonly<Record<string, string>> = {}): Promise<void> {
    const child = spawn(process.execPath, [join(root, 'apps/console/src/main.ts')], {
      stdio: ['ignore', 'ignore', 'inherit', 'pipe'],
      env: {
        PATH: process.env['PATH'],
        GUILDHALL_LIFE_LINE_FD: '3',
        GUILDHALL_CONSOLE_PORT: '0',
        GUILDHALL_CONSOLE_DATA_DIR: this.#path('console'),
        GUILDHALL_CONSOLE_IDENTITY_FILE: this.#path('node', 'identity.json'),
        GUILDHALL_CONSOLE_LOG_DIR: this.#path('logs'),
        GUILDHALL_CONSOLE_RUN_DIR: this.#path('run'),
        GUILDHALL_CONSOLE_INITIAL_PASSWORD: this.password,
        GUILDHALL_CONSOLE_INITIAL_PASSWORD_FINAL: 'true',
        GUILDHALL_CONSOLE_MMR_COMMAND: join(import.meta.dirname, 'router-stub.ts'),
        GUILDHALL_ZCTRL_PORT: String(this.#zctrlPort),
        GUILDHALL_MMR_CONTROLLERS: `ws://127.0.0.1:${this.#zctrlPort}/v1/router`,
        GUILDHALL_MMR_NOTES: this.#path('notes'),
        ...settings,
      },
    });
    this.#console = child;
    const line = child.stdio[3];
    if (line instanceof Socket) this.#lifeLines.push(line.resume());
    const run = await until('the start of the console', async () => {
      const files = await readRunFiles(this.#path('run'));
      return files.find(({ role, pid }) => role === 'console' && pid === child.pid);
    });
    this.#consolePort = run.ports['http'] ?? 0;
    const signedIn = await this.call('POST', '/session', { username: 'admin', password: this.password });
    this.#cookie = signedIn.headers.get('set-cookie')?.split(';', 1)[0] ?? '';
  }

  /** Ends the console with a signal; answers how long it took, in ms. */
  async endConsole(signal: 'SIGTERM' | 'SIGKILL'): Promise<number> {
    const child = this.#console;
    this.#console = undefined;
    if (!child || child.exitCode !== null || child.signalCode !== null) return 0;
    const startedMs = performance.now();
    const gone = new Promise((resolve) => child.once('exit', resolve));
    child.kill(signal);
    await gone;
    return performance.now() - startedMs;
  }

  call(method: string, path: string, body?: unknown): Promise<Response> {
    return fetch(`http://localhost:${this.#consolePort}/api/v1${path}`, {
      method,
      headers: { cookie: this.#cookie, ...(body !== undefined && { 'content-type': 'application/json' }) },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
  }

  async pair(controlUrl: string, token = connectorToken): Promise<Response> {
    return this.call('POST', '/pairing', { token, controlUrl, role: 'controller' });
  }

  async status(): Promise<z.output<typeof ConsoleStatus>> {
    return ConsoleStatus.parse(await (await this.call('GET', '/status')).json());
  }

  async pidOf(name: ServiceName): Promise<number> {
    return until(`${name} running`, async () => {
      const { services } = await this.status();
      const service = services.find((one) => one.name === name);
      return service?.state === 'running' && service.pid !== null ? service.pid : undefined;
    });
  }

  /** `POST /v1/join`, repeated as the client does while the answer says that it may help. */
  async join(body: { ticket: string } | { rejoin: string }): Promise<ZoneJoinAnswer> {
    return until('a join', async () => {
      const response = await this.rawJoin(body).catch(() => undefined);
      if (!response) return undefined;
      const answer: unknown = await response.json();
      if (response.ok) return ZoneJoinAnswer.parse(answer);
      const { error } = ErrorEnvelope.parse(answer);
      if (error.retryAfterMs === undefined) throw new Error(`${error.code}: ${error.message}`);
      return undefined;
    });
  }

  rawJoin(body: unknown): Promise<Response> {
    return fetch(`http://localhost:${this.#zctrlPort}/v1/join`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', origin: 'http://localhost:8080' },
      body: JSON.stringify(body),
    });
  }

  /** What the router was given when it opened the meeting last. */
  opened(
    meetingId: string,
  ): { routerId: string; epoch: number; checkpoint: { locked: boolean } | null } | undefined {
    const path = this.#path('notes', `${meetingId}.json`);
    return existsSync(path) ? JSON.parse(readFileSync(path, 'utf8')) : undefined;
  }

  async dispose(): Promise<void> {
    for (const line of this.#lifeLines) line.end();
    await until('the end of every process', () => this.#lifeLines.every((line) => line.destroyed));
    rmSync(this.directory, { recursive: true, force: true });
  }

  #path(...parts: string[]): string {
    return join(this.directory, ...parts);
  }
}
