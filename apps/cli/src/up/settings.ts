import { networkInterfaces } from 'node:os';
import { lookup } from 'node:dns/promises';
import { isIPv4 } from 'node:net';
import { resolve } from 'node:path';

export interface PortSetting {
  readonly what: string;
  readonly variable: string;
  readonly port: number;
  readonly transport: 'tcp' | 'udp';
}

/** Everything `guildhall up` decides before it starts anything. */
export interface Settings {
  readonly dataDir: string;
  readonly runDir: string;
  readonly host: string | null;
  readonly ports: {
    readonly portal: number;
    readonly zctrl: number;
    readonly mmr: number;
    readonly media: number;
    readonly iceTcp: number;
    readonly console: number;
  };
  readonly ownerEmail: string | null;
  readonly ownerPassword: string | null;
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
  cores: number;
}): Promise<Settings> => {
  const { env } = options;
  const host = options.host ?? null;
  if (host !== null && !hostPattern.test(host))
    throw new UsageError(`--host takes a host name or an IPv4 address, not "${host}".`);
  const given = env['GUILDHALL_DATA'];
  const dataDir = given === undefined || given === '' ? options.defaultDataDir : resolve(options.cwd, given);
  const media = readPort(env, 'GUILDHALL_MEDIA_PORT', 8801);
  return {
    dataDir,
    runDir: resolve(dataDir, 'run'),
    host,
    ports: {
      portal: readPort(env, 'GUILDHALL_PORTAL_PORT', 8080),
      zctrl: readPort(env, 'GUILDHALL_ZCTRL_PORT', 8802),
      mmr: readPort(env, 'GUILDHALL_MMR_PORT', 8443),
      media,
      iceTcp: readPort(env, 'GUILDHALL_ICE_TCP_PORT', media + 10),
      console: readPort(env, 'GUILDHALL_CONSOLE_PORT', 5480),
    },
    ownerEmail: env['GUILDHALL_OWNER_EMAIL'] ?? null,
    ownerPassword: env['GUILDHALL_OWNER_PASSWORD'] ?? null,
    workers: Math.max(1, Math.min(options.cores, 4)),
    mediaAddresses: await addressesOf(host),
  };
};

/** Every port that will be taken, with the variable that moves it. */
export const portList = (settings: Settings): PortSetting[] => {
  const { ports } = settings;
  const list: PortSetting[] = [
    { what: 'the portal', variable: 'GUILDHALL_PORTAL_PORT', port: ports.portal, transport: 'tcp' },
    { what: 'the zone controller', variable: 'GUILDHALL_ZCTRL_PORT', port: ports.zctrl, transport: 'tcp' },
    { what: 'the multimedia router', variable: 'GUILDHALL_MMR_PORT', port: ports.mmr, transport: 'tcp' },
    { what: 'the console', variable: 'GUILDHALL_CONSOLE_PORT', port: ports.console, transport: 'tcp' },
  ];
  for (let worker = 0; worker < settings.workers; worker += 1) {
    list.push({
      what: 'media over UDP',
      variable: 'GUILDHALL_MEDIA_PORT',
      port: ports.media + worker,
      transport: 'udp',
    });
    list.push({
      what: 'media over TCP',
      variable: 'GUILDHALL_ICE_TCP_PORT',
      port: ports.iceTcp + worker,
      transport: 'tcp',
    });
  }
  return list;
};
