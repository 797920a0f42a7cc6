import { BlockList, isIP } from 'node:net';

/** What is always reached directly: this machine, and private and link-local networks (RFC 1918, 3927, 4193, 4291). */
const alwaysDirect: readonly string[] = [
  '127.0.0.0/8',
  '10.0.0.0/8',
  '172.16.0.0/12',
  '192.168.0.0/16',
  '169.254.0.0/16',
  '::1/128',
  'fc00::/7',
  'fe80::/10',
];

type Family = 'ipv4' | 'ipv6';

const familyOf = (address: string): Family | undefined =>
  isIP(address) === 4 ? 'ipv4' : isIP(address) === 6 ? 'ipv6' : undefined;

const withoutBrackets = (host: string): string => host.replaceAll(/^\[|\]$/gu, '').toLowerCase();

/** The name without the marks of "and everything below it", which is meant anyway; undefined for what is no name. */
function nameOf(entry: string): string | undefined {
  const name = withoutBrackets(entry).replace(/^\*?\./u, '');
  return /^[a-z0-9](?:[a-z0-9.-]{0,251}[a-z0-9])?$/u.test(name) ? name : undefined;
}

function subnetOf(entry: string): { address: string; prefix: number; family: Family } | undefined {
  const [address = '', prefixText, more] = withoutBrackets(entry).split('/');
  const family = familyOf(address);
  if (!family || more !== undefined) return undefined;
  const longest = family === 'ipv4' ? 32 : 128;
  const prefix = prefixText === undefined ? longest : Number(prefixText);
  const isPrefix = prefixText === undefined || /^\d{1,3}$/u.test(prefixText);
  return isPrefix && prefix <= longest ? { address, prefix, family } : undefined;
}

/** Whether a `NO_PROXY` entry is one: an address, a subnet as address/prefix length, or a name with all below it. */
export function isBypassEntry(entry: string): boolean {
  if (subnetOf(entry)) return true;
  // Digits and dots only would be an address that was mistyped.
  return !entry.includes('/') && !/^[\d.]+$/u.test(entry) && nameOf(entry) !== undefined;
}

/**
 * Whether `host` is reached without the proxy. Names are not resolved for this: where a proxy is needed, often only the
 * proxy can resolve them.
 *
 * @param host name or address as in a URL, IPv6 with or without brackets
 * @param entries as `isBypassEntry` takes them; others count for nothing
 */
export function bypassesProxy(host: string, entries: readonly string[]): boolean {
  const wanted = withoutBrackets(host);
  if (wanted === 'localhost' || wanted.endsWith('.localhost')) return true;
  const family = familyOf(wanted);
  if (family) {
    const direct = new BlockList();
    for (const entry of [...alwaysDirect, ...entries]) {
      const subnet = subnetOf(entry);
      if (subnet) direct.addSubnet(subnet.address, subnet.prefix, subnet.family);
    }
    return direct.check(wanted, family);
  }
  return entries.some((entry) => {
    if (subnetOf(entry)) return false;
    const name = nameOf(entry);
    return name !== undefined && (wanted === name || wanted.endsWith(`.${name}`));
  });
}
