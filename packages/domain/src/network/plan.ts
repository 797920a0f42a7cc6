import type { NetworkSettings } from './settings.ts';

/** An IPv4 address as it stands on an interface. */
export interface InterfaceAddress {
  readonly address: string;
  readonly prefixLength: number;
  /** `eth0`, or `eth0:0` for the second address. */
  readonly label: string;
}

/** What can be changed of an interface. */
export interface InterfaceState {
  readonly isUp: boolean;
  /** Whether the addresses labelled with the interface's own name belong to a DHCP client. */
  readonly dhcp: boolean;
  readonly addresses: readonly InterfaceAddress[];
  /** Of the default route through this interface. */
  readonly gateway: string | null;
}

/** The files of the network, below the root of the file system. */
export const networkFiles = [
  'etc/hostname',
  'etc/hosts',
  'etc/resolv.conf',
  'etc/systemd/timesyncd.conf.d/guildhall.conf',
  'etc/guildhall/proxy.env',
] as const;
export type NetworkFile = (typeof networkFiles)[number];

/** Content of each file; null: there is none. One that is left out stays as it is. */
export type FileContents = Readonly<Partial<Record<NetworkFile, string | null>>>;

export interface NetworkState {
  readonly link: InterfaceState;
  readonly files: FileContents;
}

/** One act of the helper: a tool with its arguments, each its own word, or a file. */
export type NetworkStep =
  | {
      readonly kind: 'run';
      readonly tool: 'ip' | 'dhcp-start' | 'dhcp-stop';
      readonly args: readonly string[];
    }
  | { readonly kind: 'write'; readonly path: NetworkFile; readonly content: string }
  | { readonly kind: 'remove'; readonly path: NetworkFile };

const madeHere = '# Written by the Guildhall console; changed there under Network, Address.\n';
const blockStart = '# guildhall begin';
const blockEnd = '# guildhall end';

/** The state in which settings are in force. Of `current` only the lines of /etc/hosts that others wrote are kept. */
export function stateOf(
  settings: NetworkSettings,
  interfaceName: string,
  current: FileContents,
): NetworkState {
  const { primary, alias, dns, hostName, ntp, proxy } = settings;
  const addresses = [
    ...(primary
      ? [{ address: primary.address, prefixLength: primary.prefixLength, label: interfaceName }]
      : []),
    ...(alias ? [{ ...alias, label: `${interfaceName}:0` }] : []),
  ];
  // With DHCP the client writes the DNS servers it was told, unless somebody chose others.
  const resolver = primary || dns.length > 0 ? { 'etc/resolv.conf': resolvConf(dns, hostName) } : {};
  return {
    link: { isUp: true, dhcp: primary === null, addresses, gateway: primary?.gateway ?? null },
    files: {
      'etc/hostname': `${hostName}\n`,
      'etc/hosts': hosts(current['etc/hosts'] ?? '', hostName, primary?.address ?? alias?.address),
      ...resolver,
      'etc/systemd/timesyncd.conf.d/guildhall.conf':
        ntp.length === 0 ? null : `${madeHere}[Time]\nNTP=${ntp.join(' ')}\n`,
      'etc/guildhall/proxy.env':
        proxy === null
          ? null
          : `${madeHere}HTTP_PROXY=${proxy}\nHTTPS_PROXY=${proxy}\nNO_PROXY=localhost,127.0.0.1\n`,
    },
  };
}

function resolvConf(dns: readonly string[], hostName: string): string {
  const domain = hostName.slice(hostName.indexOf('.') + 1);
  const search = hostName.includes('.') ? `search ${domain}\n` : '';
  return `${madeHere}${search}${dns.map((server) => `nameserver ${server}\n`).join('')}`;
}

function hosts(current: string, hostName: string, address: string | undefined): string {
  const others: string[] = [];
  let isOurs = false;
  for (const line of current.split('\n')) {
    if (line === blockStart) isOurs = true;
    if (!isOurs) others.push(line);
    if (line === blockEnd) isOurs = false;
  }
  const kept = others.join('\n').replace(/\n*$/u, '');
  const short = hostName.split('.', 1)[0] ?? hostName;
  const names = short === hostName ? hostName : `${hostName} ${short}`;
  const line = `${address ?? '127.0.1.1'} ${names}`;
  return `${kept === '' ? '127.0.0.1 localhost' : kept}\n${blockStart}\n${line}\n${blockEnd}\n`;
}

const sameAddress = (a: InterfaceAddress, b: InterfaceAddress): boolean =>
  a.address === b.address && a.prefixLength === b.prefixLength && a.label === b.label;

/**
 * What leads from one state to another; empty when nothing has to be done. After the deletions the kernel may have
 * dropped more than was asked (the second address of a subnet goes with the first), so the helper looks again and asks anew.
 */
export function planNetwork(
  interfaceName: string,
  current: NetworkState,
  wanted: NetworkState,
): NetworkStep[] {
  return [...fileSteps(current.files, wanted.files), ...linkSteps(interfaceName, current.link, wanted.link)];
}

function fileSteps(current: FileContents, wanted: FileContents): NetworkStep[] {
  return networkFiles.flatMap((path): NetworkStep[] => {
    const content = wanted[path];
    if (content === undefined || content === (current[path] ?? null)) return [];
    return [content === null ? { kind: 'remove', path } : { kind: 'write', path, content }];
  });
}

function linkSteps(name: string, current: InterfaceState, wanted: InterfaceState): NetworkStep[] {
  const steps: NetworkStep[] = [];
  const ip = (...args: string[]): void => void steps.push({ kind: 'run', tool: 'ip', args });
  const isLeft = (one: InterfaceAddress): boolean => wanted.dhcp && current.dhcp && one.label === name;
  const extra = current.addresses.filter(
    (one) => !isLeft(one) && !wanted.addresses.some((other) => sameAddress(one, other)),
  );
  const missing = wanted.addresses.filter(
    (one) => !isLeft(one) && !current.addresses.some((other) => sameAddress(one, other)),
  );
  if (!current.isUp) ip('link', 'set', 'dev', name, 'up');
  if (current.dhcp && !wanted.dhcp) steps.push({ kind: 'run', tool: 'dhcp-stop', args: [name] });
  for (const { address, prefixLength } of extra)
    ip('-4', 'addr', 'del', `${address}/${prefixLength}`, 'dev', name);
  for (const { address, prefixLength, label } of missing)
    ip('-4', 'addr', 'add', `${address}/${prefixLength}`, 'brd', '+', 'dev', name, 'label', label);
  if (wanted.dhcp) {
    if (!current.dhcp) steps.push({ kind: 'run', tool: 'dhcp-start', args: [name] });
  } else if (wanted.gateway !== null) {
    if (wanted.gateway !== current.gateway || extra.length > 0)
      ip('-4', 'route', 'replace', 'default', 'via', wanted.gateway, 'dev', name);
  } else if (current.gateway !== null) ip('-4', 'route', 'del', 'default', 'dev', name);
  return steps;
}
