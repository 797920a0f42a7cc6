import type { NetworkRule } from './rules.ts';

/** A value that passed, or the rule it broke. */
export type Checked<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly rule: NetworkRule };

export const pass = <T>(value: T): Checked<T> => ({ ok: true, value });
export const refuse = (rule: NetworkRule): { readonly ok: false; readonly rule: NetworkRule } => ({
  ok: false,
  rule,
});

/** Printable ASCII without spaces: what every field here is made of. */
const plain = /^[\x21-\x7e]*$/u;

/** Length and alphabet, before anything looks at the meaning. */
export function checkPlain(text: string, maxLength: number): Checked<string> {
  if (text.length > maxLength) return refuse('tooLong');
  return plain.test(text) ? pass(text) : refuse('text');
}

const maxIpv4Length = 40;

/**
 * The four decimal numbers of RFC 6943 §3.1.1's strict form as an unsigned 32-bit number. Octal, hexadecimal, short and
 * whole-number forms, which `inet_aton` takes, are refused: two programs read them differently.
 */
export function parseIpv4(text: string): Checked<number> {
  if (text === '') return refuse('required');
  const read = checkPlain(text, maxIpv4Length);
  if (!read.ok) return read;
  if (/^[0-9.]+\/[0-9.]+$/u.test(text)) return refuse('ipv4WithPrefix');
  const parts = text.split('.');
  if (parts.length !== 4 || !parts.every((part) => /^[0-9]{1,3}$/u.test(part))) return refuse('ipv4');
  if (parts.some((part) => part.length > 1 && part.startsWith('0'))) return refuse('ipv4LeadingZero');
  const numbers = parts.map(Number);
  if (numbers.some((part) => part > 255)) return refuse('ipv4');
  return pass(numbers.reduce((sum, part) => sum * 256 + part, 0));
}

/** An IPv4 address that a host can have on a network; loopback only where the whole product runs on one machine. */
export function parseHostIpv4(text: string, options: { allowLoopback?: boolean } = {}): Checked<number> {
  const read = parseIpv4(text);
  if (!read.ok) return read;
  const first = Math.floor(read.value / 2 ** 24);
  if (read.value === 0xff_ff_ff_ff) return refuse('broadcast');
  if (first === 0) return refuse('unspecified');
  if (first === 127) return options.allowLoopback === true ? read : refuse('loopback');
  if (first === 169 && Math.floor(read.value / 2 ** 16) % 256 === 254) return refuse('linkLocal');
  if (first >= 240) return refuse('reserved');
  if (first >= 224) return refuse('multicast');
  return read;
}

/** @param address 0 to 2^32-1 */
export const formatIpv4 = (address: number): string =>
  [24, 16, 8, 0].map((shift) => Math.floor(address / 2 ** shift) % 256).join('.');

const leastPrefix = 8;
/** /31 (RFC 3021) and /32 leave no room for a gateway beside a server. */
const mostPrefix = 30;

/** `255.255.255.0`, `24` or `/24` as the prefix length, 8 to 30. */
export function parseMask(text: string): Checked<number> {
  if (text === '') return refuse('required');
  const read = checkPlain(text, maxIpv4Length);
  if (!read.ok) return read;
  const length = /^\/?([0-9]{1,3})$/u.exec(text)?.[1];
  if (length !== undefined) return inRange(Number(length));
  const bits = parseIpv4(text);
  if (!bits.ok) return refuse(bits.rule === 'ipv4LeadingZero' ? 'ipv4LeadingZero' : 'mask');
  const ones = bits.value.toString(2).padStart(32, '0');
  if (!/^1*0*$/u.test(ones)) return refuse('maskHoles');
  return inRange(ones.lastIndexOf('1') + 1);
}

const inRange = (prefixLength: number): Checked<number> =>
  prefixLength >= leastPrefix && prefixLength <= mostPrefix ? pass(prefixLength) : refuse('maskRange');

const sizeOf = (prefixLength: number): number => 2 ** (32 - prefixLength);

/** First address of the subnet. */
export const subnetOf = (address: number, prefixLength: number): number =>
  Math.floor(address / sizeOf(prefixLength)) * sizeOf(prefixLength);

/** Refuses the two addresses of a subnet that no host can have. */
export function checkHostInSubnet(address: number, prefixLength: number): Checked<number> {
  const first = subnetOf(address, prefixLength);
  if (address === first) return refuse('networkAddress');
  if (address === first + sizeOf(prefixLength) - 1) return refuse('broadcastAddress');
  return pass(address);
}

/** Not of the private ranges of RFC 1918 and RFC 6598. */
export function isPublicIpv4(address: number): boolean {
  const privateRanges = [
    [0x0a_00_00_00, 8],
    [0xac_10_00_00, 12],
    [0xc0_a8_00_00, 16],
    [0x64_40_00_00, 10],
    [0x7f_00_00_00, 8],
  ] as const;
  return !privateRanges.some(([first, prefixLength]) => subnetOf(address, prefixLength) === first);
}
