import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { NetworkForm } from '@guildhall/domain';
import { networkForm } from '@guildhall/testkit/network-form';
import { z } from 'zod';

const helper = fileURLToPath(new URL('../../../apps/console/src/helper/main.ts', import.meta.url));

const Answer = z.union([
  z.object({
    ok: z.literal(true),
    answer: z.object({ pending: z.object({ id: z.string(), deadlineMs: z.number() }).nullish() }),
  }),
  z.object({
    ok: z.literal(false),
    code: z.string(),
    message: z.string(),
    refusals: z.array(z.object({ field: z.string(), rule: z.string() })),
  }),
]);
type Answer = z.output<typeof Answer>;

const Links = z.array(
  z.object({
    addr_info: z.array(z.object({ local: z.string(), prefixlen: z.number(), label: z.string().optional() })),
  }),
);
const Routes = z.array(z.object({ dst: z.string(), gateway: z.string().optional() }));

/** Everything a change may touch, as one text to compare. */
export interface Seen {
  readonly addresses: readonly string[];
  readonly gateway: string | undefined;
  readonly files: Readonly<Record<string, string | null>>;
}

const files = [
  'etc/hostname',
  'etc/hosts',
  'etc/resolv.conf',
  'etc/systemd/timesyncd.conf.d/guildhall.conf',
  'etc/guildhall/proxy.env',
];

let made = 0;

/** A machine of its own as far as the network goes: a kernel namespace with an interface eth0, and a root for files. */
export class Machine {
  readonly #name = `guildhall-${process.pid}-${++made}`;
  readonly #dir = mkdtempSync(join(tmpdir(), 'guildhall-net-'));
  #bootId = 1;

  constructor() {
    try {
      execFileSync('ip', ['netns', 'add', this.#name], { stdio: ['ignore', 'ignore', 'pipe'] });
    } catch (error) {
      this.close();
      throw new Error(
        'These tests make network namespaces of their own: they need root (CAP_SYS_ADMIN, CAP_NET_ADMIN) and the tool ip (iproute2).',
        { cause: error },
      );
    }
    try {
      this.#prepare();
    } catch (error) {
      this.close();
      throw error;
    }
  }

  #prepare(): void {
    mkdirSync(join(this.#dir, 'root/etc'), { recursive: true });
    mkdirSync(join(this.#dir, 'state'));
    writeFileSync(join(this.#dir, 'root/etc/hosts'), '127.0.0.1 localhost\n192.0.2.9 written-by-hand\n');
    writeFileSync(join(this.#dir, 'root/etc/hostname'), 'old-name\n');
    this.#writeBootId();
    // Both ends here: a cable to nobody. (A dummy interface needs a kernel module that small machines have not.)
    this.ip('link', 'add', 'eth0', 'type', 'veth', 'peer', 'name', 'far0');
    this.ip('link', 'set', 'far0', 'up');
    this.ip('link', 'set', 'eth0', 'up');
    this.ip('addr', 'add', '192.0.2.5/24', 'brd', '+', 'dev', 'eth0', 'label', 'eth0');
    this.ip('route', 'add', 'default', 'via', '192.0.2.1', 'dev', 'eth0');
  }

  ip(...args: string[]): string {
    return execFileSync('ip', ['-n', this.#name, ...args], { encoding: 'utf8' });
  }

  /** The power is gone and back: the interface has forgotten everything, the files stay. */
  powerCut(): void {
    this.ip('addr', 'flush', 'dev', 'eth0');
    this.ip('link', 'set', 'eth0', 'down');
    this.#bootId++;
    this.#writeBootId();
  }

  #writeBootId(): void {
    writeFileSync(join(this.#dir, 'boot_id'), `boot-${this.#bootId}\n`);
  }

  get stateDir(): string {
    return join(this.#dir, 'state');
  }

  get root(): string {
    return join(this.#dir, 'root');
  }

  /** The helper inside this machine, for who calls it with words of its own. */
  get command(): [string, ...string[]] {
    return ['ip', 'netns', 'exec', this.#name, process.execPath, helper];
  }

  /** The argv of the helper, to be run in this machine. */
  words(verb: string, subject?: string, confirmWithinMs = 60_000): string[] {
    const dir = this.#dir;
    const options = {
      '--state': join(dir, 'state'),
      '--root': join(dir, 'root'),
      '--interface': 'eth0',
      '--confirm-within': String(confirmWithinMs),
      '--boot-id-file': join(dir, 'boot_id'),
    };
    const words = [
      'netns',
      'exec',
      this.#name,
      process.execPath,
      helper,
      verb,
      ...Object.entries(options).flat(),
    ];
    return subject === undefined ? words : [...words, subject];
  }

  write(form: unknown): string {
    const path = join(this.#dir, 'wanted.json');
    writeFileSync(path, typeof form === 'string' ? form : JSON.stringify(form));
    return path;
  }

  /** Runs the helper to its end. */
  async run(verb: string, subject?: string, confirmWithinMs?: number): Promise<Answer> {
    const child = spawn('ip', this.words(verb, subject, confirmWithinMs), {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    let printed = '';
    child.stdout.setEncoding('utf8').on('data', (part: string) => (printed += part));
    await ended(child);
    return Answer.parse(JSON.parse(printed));
  }

  apply(form: unknown, confirmWithinMs?: number): Promise<Answer> {
    return this.run('apply', this.write(form), confirmWithinMs);
  }

  /** Starts the helper and kills it after a time; `ip netns exec` becomes the helper, so the pid is its own. */
  async killAfter(ms: number, verb: string, subject?: string, confirmWithinMs?: number): Promise<void> {
    const child = spawn('ip', this.words(verb, subject, confirmWithinMs), { stdio: 'ignore' });
    const timer = setTimeout(() => child.kill('SIGKILL'), ms);
    await ended(child);
    clearTimeout(timer);
  }

  seen(): Seen {
    const links = Links.parse(JSON.parse(this.ip('-j', '-4', 'addr', 'show', 'dev', 'eth0') || '[]'));
    const routes = Routes.parse(JSON.parse(this.ip('-j', '-4', 'route', 'show') || '[]'));
    const read = (file: string): string | null => {
      const path = join(this.#dir, 'root', file);
      return existsSync(path) ? readFileSync(path, 'utf8') : null;
    };
    return {
      addresses: links
        .flatMap((link) => link.addr_info.map((one) => `${one.local}/${one.prefixlen} ${one.label ?? ''}`))
        .toSorted(),
      gateway: routes.find((route) => route.dst === 'default')?.gateway,
      files: Object.fromEntries(files.map((file) => [file, read(file)])),
    };
  }

  pending(): string | undefined {
    const path = join(this.stateDir, 'pending.json');
    return existsSync(path)
      ? z.object({ id: z.string() }).parse(JSON.parse(readFileSync(path, 'utf8'))).id
      : undefined;
  }

  close(): void {
    try {
      execFileSync('ip', ['netns', 'del', this.#name], { stdio: 'ignore' });
    } catch {
      // It was never made.
    }
    rmSync(this.#dir, { recursive: true, force: true });
  }
}

const ended = (child: ChildProcess): Promise<void> =>
  new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', () => resolve());
  });

export const wantedForm: NetworkForm = {
  ...networkForm,
  dns: ['10.20.0.2', '10.20.0.3'],
  hostName: 'hall.example.org',
  ntp: ['time.example.org'],
  proxy: 'http://proxy.example.org:3128',
};
