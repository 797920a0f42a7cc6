import type { ExternalAddress, NetworkForm } from './form.ts';
import {
  checkHostInSubnet,
  formatIpv4,
  isPublicIpv4,
  parseHostIpv4,
  parseMask,
  subnetOf,
  type Checked,
} from './ipv4.ts';
import { isPort, parseHostName, parseProxy, parseServer } from './names.ts';
import type { NetworkRefusal, NetworkRule, NetworkWarning } from './rules.ts';

/** An address with the length of its subnet's prefix. */
export interface Ipv4Place {
  /** Four decimal numbers. */
  readonly address: string;
  /** 8 to 30. */
  readonly prefixLength: number;
}

/** Settings that keep every rule, in one canonical form. */
export interface NetworkSettings {
  /** Null: by DHCP. */
  readonly primary: (Ipv4Place & { readonly gateway: string | null }) | null;
  /** Null: one address serves all. */
  readonly alias: Ipv4Place | null;
  readonly dns: readonly string[];
  readonly hostName: string;
  readonly ntp: readonly string[];
  readonly proxy: string | null;
  readonly ports: { readonly zctrl: number; readonly mmr: number; readonly media: number };
  readonly external: readonly ExternalAddress[];
}

export type NetworkVerdict =
  | { readonly ok: true; readonly settings: NetworkSettings; readonly warnings: readonly NetworkWarning[] }
  | { readonly ok: false; readonly refusals: readonly [NetworkRefusal, ...NetworkRefusal[]] };

export const consolePort = 5480;
const maxDns = 3;
const maxNtp = 4;
const maxExternal = 12;

/** Collects what is wrong while reading on, so that a form shows all its errors at once. */
class Reader {
  readonly refusals: NetworkRefusal[] = [];

  refuse(field: string, rule: NetworkRule): void {
    // The first rule a field breaks is the one to repair first.
    if (!this.refusals.some((refusal) => refusal.field === field)) this.refusals.push({ field, rule });
  }

  take<T>(field: string, checked: Checked<T>): T | undefined {
    if (checked.ok) return checked.value;
    this.refuse(field, checked.rule);
    return undefined;
  }

  empty(field: string, text: string): void {
    if (text !== '') this.refuse(field, 'mustBeEmpty');
  }

  list(
    field: string,
    entries: readonly string[],
    most: number,
    parse: (text: string) => Checked<string>,
  ): string[] {
    if (entries.length > most) this.refuse(field, 'tooMany');
    return entries.map((entry, index) => {
      const value = this.take(`${field}.${index}`, parse(entry)) ?? entry;
      if (entries.indexOf(entry) !== index) this.refuse(`${field}.${index}`, 'duplicate');
      return value;
    });
  }
}

interface Place {
  readonly address: number;
  readonly prefixLength: number;
}

/** Every rule on network settings. The console, its page and the helper ask this one function. */
export function checkNetwork(form: NetworkForm): NetworkVerdict {
  const reader = new Reader();
  const primary = readPrimary(form, reader);
  const alias = readAlias(form, primary?.place, reader);
  const dns = reader.list('dns', form.dns, maxDns, (text) => {
    const read = parseHostIpv4(text);
    return read.ok ? { ok: true, value: formatIpv4(read.value) } : read;
  });
  const hostName = reader.take('hostName', parseHostName(form.hostName)) ?? '';
  const ntp = reader.list('ntp', form.ntp, maxNtp, parseServer);
  const proxy = form.proxy === '' ? null : (reader.take('proxy', parseProxy(form.proxy)) ?? null);
  checkPorts(form, reader);
  const external = readExternal(form, reader);
  const [first, ...more] = reader.refusals;
  if (first) return { ok: false, refusals: [first, ...more] };
  return {
    ok: true,
    settings: {
      primary: primary && { ...textOf(primary.place), gateway: primary.gateway },
      alias: alias && textOf(alias),
      dns,
      hostName,
      ntp,
      proxy,
      ports: { zctrl: form.zctrlPort, mmr: form.mmrPort, media: form.mediaPort },
      external,
    },
    warnings: warningsOf(form, primary?.place, alias),
  };
}

const textOf = ({ address, prefixLength }: Place): Ipv4Place => ({
  address: formatIpv4(address),
  prefixLength,
});

function readPlace(
  fields: readonly [address: string, mask: string],
  form: NetworkForm,
  reader: Reader,
): Place | undefined {
  const [addressField, maskField] = fields;
  const [addressText, maskText] =
    addressField === 'address' ? [form.address, form.mask] : [form.aliasAddress, form.aliasMask];
  const address = reader.take(addressField, parseHostIpv4(addressText));
  const prefixLength = reader.take(maskField, parseMask(maskText));
  if (address === undefined || prefixLength === undefined) return undefined;
  reader.take(addressField, checkHostInSubnet(address, prefixLength));
  return { address, prefixLength };
}

function readPrimary(
  form: NetworkForm,
  reader: Reader,
): { readonly place: Place; readonly gateway: string | null } | null {
  if (form.method === 'dhcp') {
    reader.empty('address', form.address);
    reader.empty('mask', form.mask);
    reader.empty('gateway', form.gateway);
    return null;
  }
  const place = readPlace(['address', 'mask'], form, reader);
  if (form.gateway === '') return place ? { place, gateway: null } : null;
  const gateway = reader.take('gateway', parseHostIpv4(form.gateway));
  if (!place || gateway === undefined) return null;
  if (subnetOf(gateway, place.prefixLength) !== subnetOf(place.address, place.prefixLength)) {
    reader.refuse('gateway', 'outsideSubnet');
  } else {
    reader.take('gateway', checkHostInSubnet(gateway, place.prefixLength));
    if (gateway === place.address) reader.refuse('gateway', 'sameAsOwn');
  }
  return { place, gateway: formatIpv4(gateway) };
}

function readAlias(form: NetworkForm, primary: Place | undefined, reader: Reader): Place | null {
  if (form.mode === 'one-address') {
    reader.empty('aliasAddress', form.aliasAddress);
    reader.empty('aliasMask', form.aliasMask);
    return null;
  }
  if (form.aliasAddress === '') {
    reader.refuse('aliasAddress', 'aliasRequired');
    return null;
  }
  const alias = readPlace(['aliasAddress', 'aliasMask'], form, reader) ?? null;
  if (alias && alias.address === primary?.address) reader.refuse('aliasAddress', 'sameAsPrimary');
  if (alias && form.gateway === formatIpv4(alias.address)) reader.refuse('gateway', 'sameAsOwn');
  return alias;
}

function checkPorts(form: NetworkForm, reader: Reader): void {
  const ports = [
    ['zctrlPort', form.zctrlPort],
    ['mmrPort', form.mmrPort],
    ['mediaPort', form.mediaPort],
  ] as const;
  for (const [field, port] of ports) {
    if (!isPort(port)) reader.refuse(field, 'port');
    // The console answers on every address of the server.
    if (port === consolePort) reader.refuse(field, 'portConsole');
  }
  if (form.mode === 'one-address') {
    if (form.mmrPort === form.zctrlPort) reader.refuse('mmrPort', 'portTwice');
    if (form.mediaPort === form.zctrlPort) reader.refuse('mediaPort', 'portTwice');
  }
  // Media is taken over TCP too, on the same number as over UDP.
  if (form.mediaPort === form.mmrPort) reader.refuse('mediaPort', 'portTwice');
}

function readExternal(form: NetworkForm, reader: Reader): ExternalAddress[] {
  if (form.external.length > maxExternal) reader.refuse('external', 'tooMany');
  const taken = new Set<string>();
  return form.external.map(({ service, address: text, port }, index) => {
    const field = `external.${index}`;
    const address = reader.take(`${field}.address`, parseServer(text)) ?? text;
    if (!isPort(port)) reader.refuse(`${field}.port`, 'port');
    else if (service === 'media' && port !== form.mediaPort) reader.refuse(`${field}.port`, 'mediaPortSame');
    const outside = `${address}:${port}`;
    if (taken.has(outside)) reader.refuse(`${field}.port`, 'portTwice');
    taken.add(outside);
    return { service, address, port };
  });
}

function warningsOf(form: NetworkForm, primary: Place | undefined, alias: Place | null): NetworkWarning[] {
  const warnings: NetworkWarning[] = [];
  if (
    primary &&
    alias &&
    subnetOf(alias.address, primary.prefixLength) !== subnetOf(primary.address, primary.prefixLength)
  )
    warnings.push('subnetsDiffer');
  if (form.method === 'static' && form.dns.length === 0) warnings.push('noDns');
  if (form.method === 'static' && form.gateway === '') warnings.push('noGateway');
  if ([primary, alias].some((place) => place && isPublicIpv4(place.address))) warnings.push('publicAddress');
  return warnings;
}
