import { join } from 'node:path';
import { networkFiles, type FileContents, type InterfaceState, type NetworkFile } from '@guildhall/domain';
import { readText } from './files.ts';
import { runIp } from './tools.ts';

/** An interface of this machine, for people. */
export interface SeenInterface {
  readonly name: string;
  readonly state: string;
  readonly mac: string;
  readonly addresses: readonly {
    readonly address: string;
    readonly prefixLength: number;
    readonly label: string;
  }[];
}

export interface SeenRoute {
  readonly to: string;
  readonly via: string | null;
  readonly interface: string;
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null;
const records = (value: unknown): Record<string, unknown>[] =>
  Array.isArray(value) ? value.filter(isRecord) : [];
const text = (value: unknown): string => (typeof value === 'string' ? value : '');

/** `ip -j` prints nothing at all for an empty list. */
const parse = (printed: string): Record<string, unknown>[] => records(JSON.parse(printed.trim() || '[]'));

const ask = (...args: string[]): Record<string, unknown>[] => parse(runIp(['-j', ...args]));

export function seenInterfaces(): SeenInterface[] {
  return ask('addr', 'show').map((link) => ({
    name: text(link['ifname']),
    state: text(link['operstate']).toLowerCase(),
    mac: text(link['address']),
    addresses: records(link['addr_info']).map((one) => ({
      address: text(one['local']),
      prefixLength: Number(one['prefixlen']),
      label: text(one['label']) || text(link['ifname']),
    })),
  }));
}

export function seenRoutes(): SeenRoute[] {
  return ask('-4', 'route', 'show').map((route) => ({
    to: text(route['dst']),
    via: text(route['gateway']) || null,
    interface: text(route['dev']),
  }));
}

/** What of an interface can be changed; undefined when there is no such interface. */
export function linkOf(name: string, isDhcpChosen: boolean): InterfaceState | undefined {
  // All of them: asking for one that is not there is an error of the tool.
  const link = ask('-4', 'addr', 'show').find((one) => text(one['ifname']) === name) ?? down(name);
  if (!link) return undefined;
  const addresses = records(link['addr_info']).filter((one) => text(one['scope']) === 'global');
  const route = ask('-4', 'route', 'show', 'default').find((one) => text(one['dev']) === name);
  const flags: unknown = link['flags'];
  return {
    isUp: Array.isArray(flags) && flags.includes('UP'),
    dhcp: isDhcpChosen || addresses.some((one) => one['dynamic'] === true),
    addresses: addresses.map((one) => ({
      address: text(one['local']),
      prefixLength: Number(one['prefixlen']),
      label: text(one['label']) || name,
    })),
    gateway: route ? text(route['gateway']) || null : null,
  };
}

/** `-4 addr show` leaves out interfaces without an IPv4 address. */
const down = (name: string): Record<string, unknown> | undefined =>
  ask('link', 'show').find((one) => text(one['ifname']) === name);

export function filesBelow(root: string): Record<NetworkFile, string | null> {
  const contents: FileContents = Object.fromEntries(
    networkFiles.map((path) => [path, readText(join(root, path))]),
  );
  return {
    'etc/hostname': contents['etc/hostname'] ?? null,
    'etc/hosts': contents['etc/hosts'] ?? null,
    'etc/resolv.conf': contents['etc/resolv.conf'] ?? null,
    'etc/systemd/timesyncd.conf.d/guildhall.conf':
      contents['etc/systemd/timesyncd.conf.d/guildhall.conf'] ?? null,
    'etc/guildhall/proxy.env': contents['etc/guildhall/proxy.env'] ?? null,
  };
}
