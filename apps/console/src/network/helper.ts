import { execFile } from 'node:child_process';
import { NetworkFormBody, type ErrorCode } from '@guildhall/protocol';
import { GuildhallError } from '@guildhall/rpc';
import { z } from 'zod';
import { jsonOrNothing } from '../json-or-nothing.ts';

const answerWithinMs = 90_000;

const Address = z.object({ address: z.string(), prefixLength: z.int(), label: z.string() });
const Link = z.object({
  isUp: z.boolean(),
  dhcp: z.boolean(),
  addresses: z.array(Address),
  gateway: z.string().nullable(),
});
const HelperStatus = z.object({
  cannot: z.enum(['no-ip-tool', 'no-permission', 'no-interface']).nullable(),
  hasDhcpClient: z.boolean(),
  interfaces: z.array(
    z.object({ name: z.string(), state: z.string(), mac: z.string(), addresses: z.array(Address) }),
  ),
  routes: z.array(z.object({ to: z.string(), via: z.string().nullable(), interface: z.string() })),
  link: Link.nullable(),
  files: z.object({
    'etc/hostname': z.string().nullable(),
    'etc/hosts': z.string().nullable(),
    'etc/resolv.conf': z.string().nullable(),
    'etc/systemd/timesyncd.conf.d/guildhall.conf': z.string().nullable(),
    'etc/guildhall/proxy.env': z.string().nullable(),
  }),
  confirmed: z.object({ id: z.string(), form: NetworkFormBody }).nullable(),
  pending: z.object({ id: z.string(), deadlineMs: z.number(), form: NetworkFormBody }).nullable(),
});
export type HelperStatus = z.output<typeof HelperStatus>;

const Printed = z.union([
  z.object({ ok: z.literal(true), answer: z.unknown() }),
  z.object({
    ok: z.literal(false),
    code: z.string(),
    message: z.string(),
    refusals: z.array(z.object({ field: z.string(), rule: z.string() })),
  }),
]);

/** What the helper refuses with → what we answer. */
const codes: Readonly<Record<string, ErrorCode>> = {
  invalid: 'network.invalid',
  pending: 'network.pending',
  'nothing-pending': 'network.nothing-pending',
  'not-permitted': 'network.not-permitted',
  'no-dhcp-client': 'network.failed',
};

export interface HelperOptions {
  /** Program and first arguments; this Node and the helper's script, unless an administrator wraps it (sudo). */
  readonly command: readonly [string, ...string[]];
  readonly stateDir: string;
  readonly root: string;
  readonly interfaceName: string;
}

/** Asks the network helper, a program of its own, with fixed words and never through a shell. */
export class NetworkHelper {
  readonly #options: HelperOptions;

  constructor(options: HelperOptions) {
    this.#options = options;
  }

  get interfaceName(): string {
    return this.#options.interfaceName;
  }

  async status(): Promise<HelperStatus> {
    return HelperStatus.parse(await this.#ask('status'));
  }

  /**
   * @param subject a file of settings for `apply`, the id of a change for `confirm` and `rollback`
   * @throws GuildhallError `network.*`
   */
  async run(verb: 'apply' | 'confirm' | 'rollback' | 'recover', subject?: string): Promise<void> {
    await this.#ask(verb, subject);
  }

  async #ask(verb: string, subject?: string): Promise<unknown> {
    const { command, stateDir, root, interfaceName } = this.#options;
    const [program, ...first] = command;
    const words = [...first, verb, '--state', stateDir, '--root', root, '--interface', interfaceName];
    const printed = await start(program, subject === undefined ? words : [...words, subject]);
    if (printed.ok) return printed.answer;
    const field = printed.refusals[0]?.field;
    throw new GuildhallError(codes[printed.code] ?? 'network.failed', printed.message, {
      field,
      ...(field !== undefined && { details: { refusals: printed.refusals } }),
    });
  }
}

function start(program: string, words: string[]): Promise<z.output<typeof Printed>> {
  const { promise, resolve, reject } = Promise.withResolvers<z.output<typeof Printed>>();
  const options = { timeout: answerWithinMs, maxBuffer: 8 * 1024 * 1024, env: { LC_ALL: 'C' }, shell: false };
  execFile(program, words, options, (error, stdout) => {
    // It ends with 1 when it refuses; what it printed says more.
    const read = Printed.safeParse(jsonOrNothing(stdout));
    if (read.success) resolve(read.data);
    else {
      const sentence = 'The network helper did not answer. Look whether it is installed and may be run.';
      reject(new GuildhallError('network.failed', sentence, { cause: error }));
    }
  });
  return promise;
}
