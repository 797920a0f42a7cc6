import { createHash } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { hostname, networkInterfaces, tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  checkNetwork,
  networkSentence,
  planNetwork,
  stateOf,
  type NetworkForm,
  type NetworkState,
  type NetworkVerdict,
} from '@guildhall/domain';
import { SerialQueue, type Clock, type Logger } from '@guildhall/kit';
import type { NetworkPlan, NetworkSettingsView, NetworkStatus } from '@guildhall/protocol';
import { GuildhallError } from '@guildhall/rpc';
import type { HelperStatus, NetworkHelper } from './helper.ts';
import { nameServers, seenForm } from './seen-form.ts';

interface NetworkOptions {
  readonly helper: NetworkHelper;
  /** Whether this console may change the machine's network at all. */
  readonly isManaged: boolean;
  readonly clock: Clock;
  readonly logger: Logger;
}

const tools = { ip: 'ip', 'dhcp-start': 'dhclient -1', 'dhcp-stop': 'dhclient -x' } as const;

/** The machine's network: what is, what would be done, and changes that take themselves back. */
export class Network {
  readonly #options: NetworkOptions;
  readonly #queue = new SerialQueue({ name: 'the network settings', maxLength: 10 });

  constructor(options: NetworkOptions) {
    this.#options = options;
  }

  async status(): Promise<NetworkStatus> {
    const { interfaceName } = this.#options.helper;
    const { interfaces, routes, files } = await this.#options.helper.status();
    const dns = nameServers(files['etc/resolv.conf']);
    return {
      interfaceName,
      hostName: hostname().slice(0, 253),
      interfaces: interfaces.length > 0 ? interfaces : withoutTool(),
      routes,
      dns,
    };
  }

  async view(): Promise<NetworkSettingsView> {
    return this.#viewOf(await this.#options.helper.status());
  }

  /** The addresses of eth0 and eth0:0 that are in force. */
  async addresses(): Promise<{ readonly primary: string | undefined; readonly alias: string | undefined }> {
    const { helper } = this.#options;
    const { link } = await helper.status();
    const labelled = (label: string) => link?.addresses.find((one) => one.label === label)?.address;
    return { primary: labelled(helper.interfaceName), alias: labelled(`${helper.interfaceName}:0`) };
  }

  /** What would be done. @throws GuildhallError `network.invalid` */
  async plan(form: NetworkForm): Promise<NetworkPlan> {
    const { settings, warnings } = accepted(form);
    const { link, files } = await this.#options.helper.status();
    const { interfaceName } = this.#options.helper;
    const nothing: NetworkState['link'] = { isUp: false, dhcp: false, addresses: [], gateway: null };
    const current = { link: link ?? nothing, files };
    return {
      warnings: [...warnings],
      steps: planNetwork(interfaceName, current, stateOf(settings, interfaceName, files)).map((step) => {
        if (step.kind === 'run')
          return { kind: 'run', command: [...tools[step.tool].split(' '), ...step.args] };
        const path = `/${step.path}`;
        return step.kind === 'write' ? { ...step, path } : { kind: 'remove', path };
      }),
    };
  }

  /**
   * Puts settings in force until they are confirmed or 120 s are over. The same settings again (a double click) answer the
   * change that is under way.
   * @throws GuildhallError `network.*`, `request.conflict` naming what somebody else changed meanwhile
   */
  apply(rev: string, form: NetworkForm, who: string): Promise<NetworkSettingsView> {
    return this.#queue.run(async () => {
      const { helper, logger } = this.#options;
      accepted(form);
      const status = await helper.status();
      const view = this.#viewOf(status);
      if (view.pending && same(view.pending.form, form)) return view;
      if (view.rev !== rev) throw conflict(view.pending?.form ?? view.form, form);
      this.#refuseUnlessManaged(view);
      if (view.pending) {
        const sentence = 'Another change waits for its confirmation. Confirm it or take it back first.';
        throw new GuildhallError('network.pending', sentence);
      }
      await withFile(JSON.stringify(form), (path) => helper.run('apply', path));
      logger.warn({ who }, 'network settings applied; they are taken back unless they are confirmed');
      return this.view();
    });
  }

  /** Makes a pending change final; twice is no error. @throws GuildhallError `network.nothing-pending` */
  confirm(id: string, who: string): Promise<NetworkSettingsView> {
    return this.#end('confirm', id, who);
  }

  /** Takes a pending change back; twice is no error. @throws GuildhallError `network.nothing-pending` */
  rollback(id: string, who: string): Promise<NetworkSettingsView> {
    return this.#end('rollback', id, who);
  }

  /** At the start: a change that was cut off is finished or taken back, settings in force are put in force again. */
  async recover(): Promise<void> {
    const { helper, isManaged, logger } = this.#options;
    if (!isManaged) return;
    try {
      await helper.run('recover');
    } catch (error) {
      // The console has to be reachable most of all when the network is not as it should be.
      logger.error({ err: error }, 'the network settings could not be brought into force');
    }
  }

  #end(verb: 'confirm' | 'rollback', id: string, who: string): Promise<NetworkSettingsView> {
    return this.#queue.run(async () => {
      const { helper, logger } = this.#options;
      this.#refuseUnlessManaged(await this.view());
      await helper.run(verb, id);
      logger.warn({ who, verb }, 'network settings decided');
      return this.view();
    });
  }

  #viewOf(status: HelperStatus): NetworkSettingsView {
    const { helper, isManaged, clock } = this.#options;
    const { confirmed, pending } = status;
    const form = confirmed?.form ?? toBody(seenForm(status, helper.interfaceName, hostname()));
    return {
      rev: createHash('sha256')
        .update(JSON.stringify([form, pending?.id ?? null]))
        .digest('base64url')
        .slice(0, 22),
      form,
      obstacle: isManaged ? status.cannot : 'not-managed',
      hasDhcpClient: status.hasDhcpClient,
      pending,
      timeMs: clock.now(),
    };
  }

  #refuseUnlessManaged({ obstacle }: NetworkSettingsView): void {
    if (obstacle === null) return;
    const why = {
      'not-managed': 'it is set not to (networkManaged)',
      'no-ip-tool': 'the tool ip (iproute2) is not installed',
      'no-permission': 'it lacks the right to (CAP_NET_ADMIN)',
      'no-interface': `there is no interface ${this.#options.helper.interfaceName}`,
    }[obstacle];
    const sentence = `This console does not change the network of its machine: ${why}. It shows what it would do.`;
    throw new GuildhallError('network.not-permitted', sentence);
  }
}

/** What this process is told without the tool `ip`. */
const withoutTool = (): NetworkStatus['interfaces'] =>
  Object.entries(networkInterfaces()).map(([name, addresses = []]) => ({
    name,
    state: 'unknown',
    mac: addresses[0]?.mac ?? '',
    addresses: addresses.map(({ address, cidr }) => ({
      address,
      prefixLength: Number(cidr?.split('/')[1] ?? 0),
      label: name,
    })),
  }));

const toBody = (form: NetworkForm): NetworkSettingsView['form'] => ({
  ...form,
  dns: [...form.dns],
  ntp: [...form.ntp],
  external: [...form.external],
});

function accepted(form: NetworkForm): Extract<NetworkVerdict, { ok: true }> {
  const verdict = checkNetwork(form);
  if (verdict.ok) return verdict;
  const { refusals } = verdict;
  throw new GuildhallError('network.invalid', refusals.map(networkSentence).join(' '), {
    field: refusals[0].field,
    details: { refusals },
  });
}

const same = (a: NetworkForm, b: NetworkForm): boolean => differing(a, b).length === 0;

const differing = (a: NetworkForm, b: NetworkForm): string[] =>
  Object.entries(a).flatMap(([key, value]) =>
    JSON.stringify(value) === JSON.stringify(Object.entries(b).find(([other]) => other === key)?.[1])
      ? []
      : [key],
  );

function conflict(now: NetworkForm, wanted: NetworkForm): GuildhallError {
  const fields = differing(now, wanted);
  const where = fields.length === 0 ? '' : ` It differs from yours in ${fields.join(', ')}.`;
  const sentence = `Somebody else changed the network settings at the same time.${where} Load them again and repeat your change.`;
  return new GuildhallError('request.conflict', sentence, { details: { fields, now } });
}

/** The settings go to the helper as a file, so that no argument is made of what somebody typed. */
async function withFile(content: string, use: (path: string) => Promise<void>): Promise<void> {
  const directory = await mkdtemp(join(tmpdir(), 'guildhall-network-'));
  try {
    const path = join(directory, 'settings.json');
    await writeFile(path, content, { mode: 0o600 });
    await use(path);
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}
