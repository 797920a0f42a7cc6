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
import { SerialQueue, type Clock, type Logger, type Timer } from '@guildhall/kit';
import type { NetworkPlan, NetworkSettingsView, NetworkStatus } from '@guildhall/protocol';
import { GuildhallError } from '@guildhall/rpc';
import type { HelperStatus, NetworkHelper } from './helper.ts';
import { silentNameServers, type AskNameServer } from './name-servers.ts';
import { nameServers, seenForm } from './seen-form.ts';
import type { NetworkInForce } from './service-environment.ts';

/** How long after the deadline the helper has surely taken a change back. */
const afterDeadlineMs = 3_000;

interface NetworkOptions {
  readonly helper: NetworkHelper;
  /** Whether this console may change the machine's network at all. */
  readonly isManaged: boolean;
  /** After other addresses are in force: the services have to listen there. */
  readonly onMoved: () => Promise<void>;
  readonly askNameServer: AskNameServer;
  readonly clock: Clock;
  readonly logger: Logger;
}

const tools = { ip: 'ip', 'dhcp-start': 'dhclient -1', 'dhcp-stop': 'dhclient -x' } as const;

/** The machine's network: what is, what would be done, and changes that take themselves back. */
export class Network {
  readonly #options: NetworkOptions;
  readonly #queue = new SerialQueue({ name: 'the network settings', maxLength: 10 });
  #inForce: NetworkInForce | undefined;
  #takenBackTimer: Timer | undefined;

  constructor(options: NetworkOptions) {
    this.#options = options;
  }

  /** Addresses and settings that are in force; undefined where this console does not set them, or has not yet. */
  get inForce(): NetworkInForce | undefined {
    return this.#inForce;
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
    return addressesIn(await helper.status(), helper.interfaceName);
  }

  /** What would be done. @throws GuildhallError `network.invalid` */
  async plan(form: NetworkForm): Promise<NetworkPlan> {
    const { settings, warnings } = accepted(form);
    const { helper, askNameServer: ask, clock } = this.#options;
    const { interfaceName } = helper;
    const [{ link, files }, silentDns] = await Promise.all([
      helper.status(),
      silentNameServers(settings.dns, { ask, clock }),
    ]);
    const nothing: NetworkState['link'] = { isUp: false, dhcp: false, addresses: [], gateway: null };
    const current = { link: link ?? nothing, files };
    return {
      warnings: [...warnings],
      silentDns,
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
      return this.#moved();
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
      await this.#look();
    } catch (error) {
      // The console has to be reachable most of all when the network is not as it should be.
      logger.error({ err: error }, 'the network settings could not be brought into force');
    }
  }

  /** Idempotent. */
  close(): void {
    this.#takenBackTimer?.cancel();
  }

  /** Learns what is in force now; answers it and whether it differs from before. */
  async #look(): Promise<{ readonly view: NetworkSettingsView; readonly isOther: boolean }> {
    const { helper, clock } = this.#options;
    const status = await helper.status();
    const form = status.pending?.form ?? status.confirmed?.form;
    const verdict = form && checkNetwork(form);
    const before = JSON.stringify(this.#inForce);
    this.#inForce = verdict?.ok
      ? { settings: verdict.settings, ...addressesIn(status, helper.interfaceName) }
      : undefined;
    this.#takenBackTimer?.cancel();
    if (status.pending) {
      // The helper takes it back without us; the services have to follow.
      const leftMs = Math.max(0, status.pending.deadlineMs - clock.now()) + afterDeadlineMs;
      this.#takenBackTimer = clock.setTimeout(() => void this.#followBack(), leftMs);
    }
    return { view: this.#viewOf(status), isOther: JSON.stringify(this.#inForce) !== before };
  }

  async #followBack(): Promise<void> {
    try {
      await this.#queue.run(() => this.#moved());
    } catch (error) {
      this.#options.logger.error({ err: error }, 'the network settings in force could not be read');
    }
  }

  async #moved(): Promise<NetworkSettingsView> {
    const { view, isOther } = await this.#look();
    if (isOther) await this.#options.onMoved();
    return view;
  }

  #end(verb: 'confirm' | 'rollback', id: string, who: string): Promise<NetworkSettingsView> {
    return this.#queue.run(async () => {
      const { helper, logger } = this.#options;
      this.#refuseUnlessManaged(await this.view());
      await helper.run(verb, id);
      logger.warn({ who, verb }, 'network settings decided');
      return this.#moved();
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

function addressesIn(
  { link }: HelperStatus,
  interfaceName: string,
): Pick<NetworkInForce, 'primary' | 'alias'> {
  const labelled = (label: string) => link?.addresses.find((one) => one.label === label)?.address;
  return { primary: labelled(interfaceName), alias: labelled(`${interfaceName}:0`) };
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
