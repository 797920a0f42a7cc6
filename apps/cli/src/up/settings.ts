import { lookup } from 'node:dns/promises';
import { isIPv4 } from 'node:net';
import { networkInterfaces } from 'node:os';
import { resolve } from 'node:path';
import type { VmRole } from '@guildhall/protocol';
import { runDirOf } from '../run-dirs.ts';

export interface PortSetting {
  readonly what: string;
  readonly variable: string;
  readonly port: number;
  readonly transport: 'tcp' | 'udp';
}

interface VmPorts {
  readonly zctrl: number;
  readonly mmr: number;
  readonly media: number;
  readonly iceTcp: number;
  readonly console: number;
}

/** One connector VM of the zone; evaluation mode runs them all on this machine, side by side. */
export interface Vm {
  /** From 1. */
  readonly number: number;
  /** A controller VM runs zctrl and mmr, an MMR VM only mmr. */
  readonly role: VmRole;
  readonly dataDir: string;
  readonly runDir: string;
  readonly ports: VmPorts;
}

/** Everything `guildhall up` decides before it starts anything. */
export interface Settings {
  readonly dataDir: string;
  readonly runDir: string;
  readonly host: string | null;
  readonly portalPort: number;
  /** The controller VMs first. At least one. */
  readonly vms: readonly [Vm, ...Vm[]];
  readonly ownerEmail: string | null;
  readonly ownerPassword: string | null;
  /** Media workers of each router. */
  readonly workers: number;
  readonly mediaAddresses: readonly string[];
}

export class UsageError extends Error {}

const readPort = (env: NodeJS.ProcessEnv, name: string, byDefault: number): number => {
  const text = env[name];
  if (text === undefined || text === '') return byDefault;
  const port = Number(text);
  if (!/^[0-9]{1,5}$/u.test(text) || port < 1 || port > 65_535)
    throw new UsageError(`${name} must be a port number from 1 to 65535, not "${text}".`);
  return port;
};

/** The most routers that one machine is asked to run: more would only fight for its cores. */
const maxRouters = 8;

const readCount = (flag: string, text: string | undefined, byDefault: number, most: number): number => {
  if (text === undefined) return byDefault;
  const count = Number(text);
  if (!/^[0-9]{1,3}$/u.test(text) || count < 1 || count > most)
    throw new UsageError(`${flag} takes a number from 1 to ${most}, not "${text}".`);
  return count;
};

const hostPattern = /^(?=.{1,253}$)[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?$/u;

/** Addresses at which other devices may reach this machine's media: that of the host given, else every interface's. */
const addressesOf = async (host: string | null): Promise<string[]> => {
  if (host === null) return ['127.0.0.1'];
  if (isIPv4(host)) return [host];
  const found = new Set<string>();
  try {
    for (const entry of await lookup(host, { all: true, family: 4 })) found.add(entry.address);
  } catch {
    // A name that only other devices know is fine: they reach us through an interface address.
  }
  for (const list of Object.values(networkInterfaces()))
    for (const entry of list ?? []) if (entry.family === 'IPv4' && !entry.internal) found.add(entry.address);
  if (found.size === 0) found.add('127.0.0.1');
  return [...found].slice(0, 8);
};

/**
 * Reads the environment and the flags.
 * @throws UsageError with one sentence when a value cannot be used
 */
export const readSettings = async (options: {
  env: NodeJS.ProcessEnv;
  cwd: string;
  defaultDataDir: string;
  host?: string;
  /** As typed. */
  routers?: string;
  controllers?: string;
  cores: number;
}): Promise<Settings> => {
  const { env } = options;
  const host = options.host ?? null;
  if (host !== null && !hostPattern.test(host))
    throw new UsageError(`--host takes a host name or an IPv4 address, not "${host}".`);
  const given = env['GUILDHALL_DATA'];
  const dataDir = given === undefined || given === '' ? options.defaultDataDir : resolve(options.cwd, given);
  const controllers = readCount('--controllers', options.controllers, 1, 2);
  const routers = readCount('--routers', options.routers, controllers, maxRouters);
  if (routers < controllers)
    throw new UsageError(
      `--routers ${routers} is fewer than --controllers ${controllers}: every controller VM runs a router too.`,
    );
  const media = readPort(env, 'GUILDHALL_MEDIA_PORT', 8801);
  const ports: VmPorts = {
    zctrl: readPort(env, 'GUILDHALL_ZCTRL_PORT', 8802),
    mmr: readPort(env, 'GUILDHALL_MMR_PORT', 8443),
    media,
    iceTcp: readPort(env, 'GUILDHALL_ICE_TCP_PORT', media + 10),
    console: readPort(env, 'GUILDHALL_CONSOLE_PORT', 5480),
  };
  const stepPorts = readPort(env, 'GUILDHALL_VM_PORT_STEP', 100);
  const vm = (number: number): Vm => ({
    number,
    role: number <= controllers ? 'controller' : 'mmr',
    dataDir: number === 1 ? dataDir : resolve(dataDir, 'vms', String(number)),
    runDir: runDirOf(dataDir, number),
    ports: movedBy(ports, (number - 1) * stepPorts),
  });
  return {
    dataDir,
    runDir: runDirOf(dataDir, 1),
    host,
    portalPort: readPort(env, 'GUILDHALL_PORTAL_PORT', 8080),
    vms: [vm(1), ...Array.from({ length: routers - 1 }, (_, index) => vm(index + 2))],
    ownerEmail: env['GUILDHALL_OWNER_EMAIL'] ?? null,
    ownerPassword: env['GUILDHALL_OWNER_PASSWORD'] ?? null,
    workers: Math.max(1, Math.min(Math.floor(options.cores / routers), 4)),
    mediaAddresses: await addressesOf(host),
  };
};

const movedBy = (ports: VmPorts, offset: number): VmPorts => ({
  zctrl: ports.zctrl + offset,
  mmr: ports.mmr + offset,
  media: ports.media + offset,
  iceTcp: ports.iceTcp + offset,
  console: ports.console + offset,
});

/** Every port that will be taken, with the variable that moves it. */
export const portList = ({ portalPort, vms, workers }: Settings): PortSetting[] => [
  { what: 'the portal', variable: 'GUILDHALL_PORTAL_PORT', port: portalPort, transport: 'tcp' },
  ...vms.flatMap((vm) => portsOf(vm, workers)),
];

const portsOf = ({ number, role, ports }: Vm, workers: number): PortSetting[] => {
  const of = number === 1 ? '' : ` of VM ${number}`;
  const list: PortSetting[] = [
    { what: `the multimedia router${of}`, variable: 'GUILDHALL_MMR_PORT', port: ports.mmr, transport: 'tcp' },
    { what: `the console${of}`, variable: 'GUILDHALL_CONSOLE_PORT', port: ports.console, transport: 'tcp' },
  ];
  if (role === 'controller')
    list.unshift({
      what: `the zone controller${of}`,
      variable: 'GUILDHALL_ZCTRL_PORT',
      port: ports.zctrl,
      transport: 'tcp',
    });
  for (let worker = 0; worker < workers; worker += 1) {
    list.push({
      what: `media over UDP${of}`,
      variable: 'GUILDHALL_MEDIA_PORT',
      port: ports.media + worker,
      transport: 'udp',
    });
    list.push({
      what: `media over TCP${of}`,
      variable: 'GUILDHALL_ICE_TCP_PORT',
      port: ports.iceTcp + worker,
      transport: 'tcp',
    });
  }
  return list;
};
