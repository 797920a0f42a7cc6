import type { NetworkRefusal } from './rules.ts';

export const forwardedServices = ['zctrl', 'mmr', 'media'] as const;
export type ForwardedService = (typeof forwardedServices)[number];

/** How people outside reach a service: by 1:1 NAT (the same port) or port forwarding (another one). */
export interface ExternalAddress {
  readonly service: ForwardedService;
  /** IPv4 address or DNS name outside. */
  readonly address: string;
  readonly port: number;
}

/** The network settings of a server as somebody typed them; nothing about them is true before `checkNetwork`. */
export interface NetworkForm {
  readonly mode: 'two-addresses' | 'one-address';
  /** Of eth0. With `dhcp` address, mask and gateway are empty. */
  readonly method: 'dhcp' | 'static';
  readonly address: string;
  readonly mask: string;
  /** May be empty. */
  readonly gateway: string;
  /** Of eth0:0; empty with one address. */
  readonly aliasAddress: string;
  readonly aliasMask: string;
  /** 0 to 3. */
  readonly dns: readonly string[];
  readonly hostName: string;
  /** 0 to 4. */
  readonly ntp: readonly string[];
  /** May be empty. */
  readonly proxy: string;
  readonly zctrlPort: number;
  readonly mmrPort: number;
  /** UDP port of the first media worker. */
  readonly mediaPort: number;
  /** 0 to 12. */
  readonly external: readonly ExternalAddress[];
}

const texts = [
  'address',
  'mask',
  'gateway',
  'aliasAddress',
  'aliasMask',
  'hostName',
  'proxy',
] as const satisfies readonly (keyof NetworkForm)[];
const lists = ['dns', 'ntp'] as const satisfies readonly (keyof NetworkForm)[];
const ports = ['zctrlPort', 'mmrPort', 'mediaPort'] as const satisfies readonly (keyof NetworkForm)[];
const known = new Set<string>(['mode', 'method', 'external', ...texts, ...lists, ...ports]);
const knownOfExternal = new Set(['service', 'address', 'port']);

/** Longest list that is looked at; shorter limits are rules of their own. */
const maxListLength = 50;

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Whether foreign data has the shape of a form; answers the first place where it has not. */
export function readNetworkForm(value: unknown): NetworkForm | NetworkRefusal {
  if (!isRecord(value)) return { field: 'settings', rule: 'kind' };
  return firstWrong(value) ?? fromRecord(value);
}

function firstWrong(form: Record<string, unknown>): NetworkRefusal | undefined {
  const wrong = (field: string): NetworkRefusal => ({ field, rule: 'kind' });
  const unknown = Object.keys(form).find((key) => !known.has(key));
  if (unknown !== undefined) return { field: unknown.slice(0, 80), rule: 'unknownField' };
  if (form['mode'] !== 'two-addresses' && form['mode'] !== 'one-address') return wrong('mode');
  if (form['method'] !== 'dhcp' && form['method'] !== 'static') return wrong('method');
  for (const key of texts) if (typeof form[key] !== 'string') return wrong(key);
  for (const key of ports) if (typeof form[key] !== 'number') return wrong(key);
  for (const key of [...lists, 'external']) {
    const list = form[key];
    if (!Array.isArray(list)) return wrong(key);
    if (list.length > maxListLength) return { field: key, rule: 'tooMany' };
  }
  for (const key of lists) {
    const list: readonly unknown[] = Array.isArray(form[key]) ? form[key] : [];
    const index = list.findIndex((entry) => typeof entry !== 'string');
    if (index !== -1) return wrong(`${key}.${index}`);
  }
  const external: readonly unknown[] = Array.isArray(form['external']) ? form['external'] : [];
  const index = external.findIndex((entry) => !isExternal(entry));
  return index === -1 ? undefined : wrong(`external.${index}`);
}

const isExternal = (entry: unknown): entry is ExternalAddress =>
  isRecord(entry) &&
  forwardedServices.some((service) => service === entry['service']) &&
  typeof entry['address'] === 'string' &&
  typeof entry['port'] === 'number' &&
  Object.keys(entry).every((key) => knownOfExternal.has(key));

/** Only after `firstWrong` found nothing. */
function fromRecord(form: Record<string, unknown>): NetworkForm {
  const text = (key: (typeof texts)[number]): string => String(form[key]);
  const port = (key: (typeof ports)[number]): number => Number(form[key]);
  const list = (key: string): readonly unknown[] => (Array.isArray(form[key]) ? form[key] : []);
  return {
    mode: form['mode'] === 'one-address' ? 'one-address' : 'two-addresses',
    method: form['method'] === 'dhcp' ? 'dhcp' : 'static',
    address: text('address'),
    mask: text('mask'),
    gateway: text('gateway'),
    aliasAddress: text('aliasAddress'),
    aliasMask: text('aliasMask'),
    dns: list('dns').map(String),
    hostName: text('hostName'),
    ntp: list('ntp').map(String),
    proxy: text('proxy'),
    zctrlPort: port('zctrlPort'),
    mmrPort: port('mmrPort'),
    mediaPort: port('mediaPort'),
    external: list('external')
      .filter(isExternal)
      .map(({ service, address, port: outside }) => ({ service, address, port: outside })),
  };
}
