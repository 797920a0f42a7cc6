import { formatAddress, isMappedText, parseAddress, widthOf, type Address } from './address.ts';

/** A network in CIDR notation (RFC 4632, RFC 4291). */
export interface Subnet {
  /** The network address: every bit behind the prefix is zero. */
  readonly network: Address;
  /** 0 to 32, or to 128. */
  readonly prefixBits: number;
  /** The one way to write it, e.g. `10.1.0.0/16`; two subnets are the same when their texts are. */
  readonly text: string;
}

export type SubnetProblem =
  /** Not an address, a slash and a prefix length. */
  | { readonly code: 'syntax' }
  /** The prefix length is longer than an address of this family. */
  | { readonly code: 'prefix'; readonly maxBits: number }
  /** Bits behind the prefix are set: a host was named and not a network. `network` is most likely meant. */
  | { readonly code: 'host-bits'; readonly network: string }
  /** An IPv4 network in IPv6 clothes (`::ffff:…`), which no address would ever match. */
  | { readonly code: 'mapped' };

export type ParsedSubnet =
  | { readonly ok: true; readonly subnet: Subnet }
  | { readonly ok: false; readonly problem: SubnetProblem };

const cidr = /^([^/]+)\/(0|[1-9][0-9]{0,2})$/u;
const longestText = 43;

/** Reads a subnet strictly: full address form, decimal prefix, no bits of a host. */
export function parseSubnet(text: string): ParsedSubnet {
  const match = text.length <= longestText ? cidr.exec(text) : null;
  const [, addressText = '', bitsText = ''] = match ?? [];
  const address = parseAddress(addressText);
  if (!address) return { ok: false, problem: { code: 'syntax' } };
  if (isMappedText(addressText)) return { ok: false, problem: { code: 'mapped' } };
  const prefixBits = Number(bitsText);
  const maxBits = widthOf(address.family);
  if (prefixBits > maxBits) return { ok: false, problem: { code: 'prefix', maxBits } };
  const network = { family: address.family, value: networkOf(address, prefixBits) };
  const canonical = `${formatAddress(network)}/${prefixBits}`;
  if (network.value !== address.value)
    return { ok: false, problem: { code: 'host-bits', network: canonical } };
  return { ok: true, subnet: { network, prefixBits, text: canonical } };
}

/** False for an address of the other family. */
export function subnetContains({ network, prefixBits }: Subnet, address: Address): boolean {
  return address.family === network.family && networkOf(address, prefixBits) === network.value;
}

function networkOf({ family, value }: Address, prefixBits: number): bigint {
  const hostBits = BigInt(widthOf(family) - prefixBits);
  return (value >> hostBits) << hostBits;
}
