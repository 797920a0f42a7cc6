import { fork, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, mkdirSync, openSync } from 'node:fs';
import { Socket } from 'node:net';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { lifeLineVariable, readRunFiles } from '@guildhall/kit';
import { z } from 'zod';
import type { Machine } from './network.ts';

const projectRoot = fileURLToPath(new URL('../../..', import.meta.url));
const Answer = z.object({ id: z.number(), text: z.string().nullable() });

/** What one machine runs: a console with its services, or the cloud. */
export class Vm {
  readonly machine: Machine;
  readonly #runDir: string;
  readonly #child: ChildProcess;
  readonly #window: ChildProcess;
  readonly #asked = new Map<number, (text: string | null) => void>();
  #lastId = 0;

  constructor(
    machine: Machine,
    what: { app: string; env: NodeJS.ProcessEnv; runDir: string; logDir: string },
  ) {
    const { namespace } = machine;
    if (namespace === undefined) throw new Error('a machine of its own is needed');
    const { app, env, runDir, logDir } = what;
    this.machine = machine;
    this.#runDir = runDir;
    for (const dir of [runDir, logDir]) mkdirSync(dir, { recursive: true, mode: 0o700 });
    const log = openSync(join(logDir, `${app}.log`), 'a');
    const main = join(projectRoot, 'apps', app, 'src', 'main.ts');
    // `ip netns exec` becomes the program. All it starts hangs on the life line, so it ends with us however we end.
    this.#child = spawn('ip', ['netns', 'exec', namespace, process.execPath, main], {
      env: { ...env, [lifeLineVariable]: '3' },
      stdio: ['ignore', log, log, 'pipe'],
      detached: true,
    });
    closeSync(log);
    this.#child.stdio[3]?.on('error', () => undefined);
    this.#window = fork(fileURLToPath(new URL('./window.ts', import.meta.url)), {
      execPath: 'ip',
      execArgv: ['netns', 'exec', namespace, process.execPath],
    });
    this.#window.on('message', (message) => {
      const { id, text } = Answer.parse(message);
      this.#asked.get(id)?.(text);
      this.#asked.delete(id);
    });
  }

  /** `/debug/state` of a process here, or null when it gives none. */
  async state(role: string): Promise<unknown> {
    const facts = (await readRunFiles(this.#runDir)).find((one) => one.role === role);
    if (!facts) return null;
    const text = await this.#read(`http://127.0.0.1:${facts.adminPort}/debug/state`);
    const state: unknown = text === null ? null : JSON.parse(text);
    return state;
  }

  #read(url: string): Promise<string | null> {
    const id = ++this.#lastId;
    return new Promise((resolve) => {
      this.#asked.set(id, resolve);
      this.#window.send({ id, url });
    });
  }

  /** Ends what runs here; what does not end in time is left to whoever takes the machine away. */
  async stop(): Promise<void> {
    if (this.#window.connected) this.#window.disconnect();
    const line = this.#child.stdio[3];
    if (!(line instanceof Socket) || line.destroyed) return;
    const gone = once(line, 'close', { signal: AbortSignal.timeout(6_000) }).catch(() => undefined);
    line.resume();
    line.end();
    await gone;
    this.#child.kill('SIGKILL');
  }
}
