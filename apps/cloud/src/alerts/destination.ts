import { lookup } from 'node:dns/promises';
import { BlockList, isIP } from 'node:net';
import { isLoopback } from '@guildhall/kit';
import { refuse } from '../refuse.ts';

/**
 * Never reached, whoever asks: link-local (where clouds keep the machine's secrets), other well-known metadata services,
 * "this host", multicast and reserved addresses. Private networks are allowed: that is where a customer's own systems
 * are; an administrator of the account names the address.
 */
const never = new BlockList();
never.addSubnet('0.0.0.0', 8, 'ipv4');
never.addSubnet('169.254.0.0', 16, 'ipv4');
never.addAddress('100.100.100.200', 'ipv4');
never.addAddress('168.63.129.16', 'ipv4');
never.addSubnet('224.0.0.0', 3, 'ipv4');
never.addAddress('::', 'ipv6');
never.addSubnet('fe80::', 10, 'ipv6');
never.addSubnet('ff00::', 8, 'ipv6');
never.addAddress('fd00:ec2::254', 'ipv6');
// Ways to write an IPv4 address that would slip past the rules above: NAT64 and 6to4.
never.addSubnet('64:ff9b::', 96, 'ipv6');
never.addSubnet('2002::', 16, 'ipv6');
const loopback = new BlockList();
loopback.addSubnet('127.0.0.0', 8, 'ipv4');
loopback.addAddress('::1', 'ipv6');

const isIn = (list: BlockList, address: string): boolean =>
  list.check(address, isIP(address) === 6 ? 'ipv6' : 'ipv4');

export interface Destination {
  readonly url: URL;
  /** The address to connect to: looked up and judged once, so that it cannot change in between. */
  readonly address: string;
}

export interface DestinationRules {
  /** The cloud itself is on loopback: an evaluation, in which webhooks on this machine are welcome. */
  readonly allowLoopback: boolean;
  /** Injected for tests. */
  readonly resolve?: (host: string) => Promise<readonly string[]>;
}

/** Whether the form of the address may be a webhook's at all. @throws GuildhallError alert.forbidden-address */
export function checkWebhookUrl(text: string, { allowLoopback }: DestinationRules): URL {
  const url = new URL(text);
  if (url.protocol === 'http:' && !(allowLoopback && isLoopback(url.hostname))) {
    throw forbidden(
      'A webhook needs https. Plain http is only for this machine itself, during an evaluation.',
    );
  }
  return url;
}

/** Where a webhook is, now. @throws GuildhallError alert.forbidden-address, or Error when the name is not known */
export async function destinationOf(text: string, rules: DestinationRules): Promise<Destination> {
  const url = checkWebhookUrl(text, rules);
  const host = url.hostname.replace(/^\[|\]$/gu, '');
  const resolve = rules.resolve ?? resolveHost;
  const addresses = isIP(host) === 0 ? await resolve(host) : [host];
  const [first] = addresses;
  if (first === undefined) throw new Error(`${host} has no address`);
  // All of them: one good address beside a bad one is how rebinding begins.
  for (const address of addresses) {
    if (isIn(never, address) || (isIn(loopback, address) && !rules.allowLoopback)) {
      throw forbidden(`${host} leads to ${address}, which a webhook may not call.`);
    }
    if (url.protocol === 'http:' && !isIn(loopback, address)) {
      throw forbidden(`${host} leads to ${address}; plain http is only for this machine itself.`);
    }
  }
  return { url, address: first };
}

const resolveHost = async (host: string): Promise<string[]> =>
  (await lookup(host, { all: true })).map(({ address }) => address);

const forbidden = (sentence: string) => refuse('alert.forbidden-address', { field: 'url', sentence });
