/** An IP address as a number, so that subnets are compared bit by bit and never as text. */
export interface Address {
  readonly family: 4 | 6;
  /** 32 bits, or 128. */
  readonly value: bigint;
}

const widths = { 4: 32, 6: 128 } as const;
/** Bits of an address of this family: 32 or 128. */
export const widthOf = (family: Address['family']): number => widths[family];

const octet = /^(?:0|[1-9][0-9]{0,2})$/u;
const group = /^[0-9A-Fa-f]{1,4}$/u;
/** IPv4-mapped addresses (RFC 4291, 2.5.5.2): how a socket for both families names an IPv4 peer. */
const mappedPrefix = 0xffffn;

/**
 * Reads an address in its full form. IPv4: four decimal numbers without leading zeros, for `010` is 8 to some programs
 * and 10 to others, and short forms (`10.1`) mean different hosts to different people. IPv6: RFC 4291, 2.2, without a
 * zone index. An IPv4-mapped IPv6 address is the IPv4 address.
 * @returns undefined for anything else
 */
export function parseAddress(text: string): Address | undefined {
  if (!text.includes(':')) {
    const value = parseIpv4(text);
    return value === undefined ? undefined : { family: 4, value };
  }
  const value = parseIpv6(text);
  if (value === undefined) return undefined;
  return value >> 32n === mappedPrefix ? { family: 4, value: value & 0xffff_ffffn } : { family: 6, value };
}

/** Whether the text is an IPv4-mapped IPv6 address: a fine address, but no base for a subnet. */
export const isMappedText = (text: string): boolean =>
  text.includes(':') && (parseIpv6(text) ?? 0n) >> 32n === mappedPrefix;

function parseIpv4(text: string): bigint | undefined {
  const parts = text.split('.');
  if (parts.length !== 4 || !parts.every((part) => octet.test(part) && Number(part) <= 255)) return undefined;
  return parts.reduce((value, part) => (value << 8n) | BigInt(part), 0n);
}

function parseIpv6(text: string): bigint | undefined {
  const halves = text.split('::');
  if (halves.length > 2) return undefined;
  const [head = '', tail] = halves;
  const before = groupsOf(head, tail === undefined);
  const after = tail === undefined ? [] : groupsOf(tail, true);
  if (!before || !after) return undefined;
  const missing = 8 - before.length - after.length;
  // `::` stands for at least one group.
  if (tail === undefined ? missing !== 0 : missing < 1) return undefined;
  const zeros = Array.from({ length: missing }, () => 0n);
  return [...before, ...zeros, ...after].reduce((value, part) => (value << 16n) | part, 0n);
}

/** @param isEnd an IPv4 address may stand for the last two groups */
function groupsOf(text: string, isEnd: boolean): bigint[] | undefined {
  if (text === '') return [];
  const parts = text.split(':');
  const last = parts.at(-1) ?? '';
  const groups: bigint[] = [];
  if (isEnd && last.includes('.')) {
    const value = parseIpv4(last);
    if (value === undefined) return undefined;
    parts.pop();
    groups.push(value >> 16n, value & 0xffffn);
  }
  if (!parts.every((part) => group.test(part))) return undefined;
  return [...parts.map((part) => BigInt(`0x${part}`)), ...groups];
}

/** The one way to write an address; IPv6 by RFC 5952. */
export function formatAddress({ family, value }: Address): string {
  if (family === 4) return [24n, 16n, 8n, 0n].map((shift) => String((value >> shift) & 0xffn)).join('.');
  const groups = Array.from({ length: 8 }, (_, index) =>
    ((value >> BigInt(112 - 16 * index)) & 0xffffn).toString(16),
  );
  const run = longestZeros(groups);
  if (run.length < 2) return groups.join(':');
  return `${groups.slice(0, run.start).join(':')}::${groups.slice(run.start + run.length).join(':')}`;
}

function longestZeros(groups: readonly string[]): { readonly start: number; readonly length: number } {
  let best = { start: 0, length: 0 };
  let start = 0;
  for (const [index, text] of groups.entries()) {
    if (text !== '0') start = index + 1;
    else if (index + 1 - start > best.length) best = { start, length: index + 1 - start };
  }
  return best;
}
