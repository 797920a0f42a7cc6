import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';

/** Machines of this test are 10.77.<number>.2; nothing else may use the network meanwhile. */
const machineAddress = (number: number): string => `10.77.${number}.2`;

const ip = (...args: string[]): string =>
  execFileSync('ip', args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });

/** A machine on the network, as far as the kernel's network goes. */
export interface Machine {
  readonly name: string;
  readonly address: string;
  /** Name of its kernel namespace; undefined for the one in which the test itself runs. */
  readonly namespace: string | undefined;
}

/**
 * Machines around one router, each behind a cable of its own. A link that is cut loses every packet both ways, TCP and
 * UDP, and nobody is told: the router drops them by a rule. (A route without a way at one end would refuse at once,
 * which is not how a network fails.)
 */
export class Network {
  readonly #hub = `gh-links-${process.pid}-hub`;
  readonly #made: string[] = [];
  readonly #cut = new Set<string>();
  #machines = 0;

  constructor() {
    removeLeftovers();
    try {
      ip('netns', 'add', this.#hub);
    } catch (error) {
      throw new Error(
        'These tests make network namespaces of their own: they need root (CAP_SYS_ADMIN, CAP_NET_ADMIN) and the tool ip (iproute2).',
        { cause: error },
      );
    }
    this.#made.push(this.#hub);
    ip('netns', 'exec', this.#hub, 'sh', '-c', 'echo 1 > /proc/sys/net/ipv4/ip_forward');
  }

  /** @param name of the machine, or null for the namespace of the test */
  add(name: string | null): Machine {
    const number = ++this.#machines;
    const cable = `v${number}`;
    const address = machineAddress(number);
    const far = `10.77.${number}.1`;
    if (name === null) {
      // Its only way into this network, and gone with the router.
      const own = `gh${process.pid}`;
      ip('link', 'add', own, 'type', 'veth', 'peer', 'name', cable, 'netns', this.#hub);
      ip('addr', 'add', `${address}/24`, 'dev', own);
      ip('link', 'set', own, 'up');
      this.#far(cable, far);
      ip('route', 'add', '10.77.0.0/16', 'via', far);
      return { name: 'people', address, namespace: undefined };
    }
    const namespace = `gh-links-${process.pid}-${name}`;
    ip('netns', 'add', namespace);
    this.#made.push(namespace);
    ip('-n', namespace, 'link', 'set', 'lo', 'up');
    ip('-n', namespace, 'link', 'add', 'eth0', 'type', 'veth', 'peer', 'name', cable, 'netns', this.#hub);
    ip('-n', namespace, 'addr', 'add', `${address}/24`, 'dev', 'eth0');
    ip('-n', namespace, 'link', 'set', 'eth0', 'up');
    this.#far(cable, far);
    ip('-n', namespace, 'route', 'add', 'default', 'via', far);
    return { name, address, namespace };
  }

  #far(cable: string, address: string): void {
    ip('-n', this.#hub, 'addr', 'add', `${address}/24`, 'dev', cable);
    ip('-n', this.#hub, 'link', 'set', cable, 'up');
  }

  /**
   * From now on nothing passes between these two.
   * @param port only what the first one has with this port of the other
   */
  cut(one: Machine, other: Machine, port?: number): void {
    for (const rule of rulesOf(one, other, port)) this.#drop(rule);
  }

  heal(one: Machine, other: Machine, port?: number): void {
    for (const rule of rulesOf(one, other, port)) this.#pass(rule);
  }

  /** Nothing passes to and from this machine any more: it is gone without a word. */
  isolate({ address }: Machine): void {
    this.#drop(`from ${address}`);
    this.#drop(`to ${address}`);
  }

  /** Every link is whole again. */
  healAll(): void {
    for (const rule of this.#cut) this.#pass(rule);
  }

  #drop(rule: string): void {
    ip('-n', this.#hub, 'rule', 'add', ...rule.split(' '), 'blackhole');
    this.#cut.add(rule);
  }

  #pass(rule: string): void {
    if (!this.#cut.delete(rule)) return;
    ip('-n', this.#hub, 'rule', 'del', ...rule.split(' '), 'blackhole');
  }

  /** Idempotent. Ends every process that is still in one of the namespaces made here. */
  close(): void {
    for (const namespace of this.#made.splice(0).toReversed()) remove(namespace);
  }
}

function rulesOf(one: Machine, other: Machine, port?: number): [string, string] {
  const there = `from ${one.address} to ${other.address}`;
  const back = `from ${other.address} to ${one.address}`;
  return port === undefined
    ? [there, back]
    : [`${there} ipproto tcp dport ${port}`, `${back} ipproto tcp sport ${port}`];
}

function remove(namespace: string): void {
  for (const pid of ip('netns', 'pids', namespace).split('\n').filter(Boolean)) {
    try {
      process.kill(Number(pid), 'SIGKILL');
    } catch {
      // It ended by itself.
    }
  }
  ip('netns', 'del', namespace);
}

/** Namespaces of a run that was killed: nobody else cleans them up. */
function removeLeftovers(): void {
  for (const line of ip('netns', 'list').split('\n')) {
    const [, namespace, pid] = /^(gh-links-(\d+)-\S+)/u.exec(line) ?? [];
    if (namespace !== undefined && !existsSync(`/proc/${pid}`)) remove(namespace);
  }
}
