/**
 * Every rule a network setting can break, as the end of a sentence that begins with the field's name. Pages translate by
 * the key; the server and the helper answer these words.
 */
export const networkRules = {
  text: 'must be plain text without control characters or characters outside ASCII',
  tooLong: 'is longer than allowed',
  required: 'must not be empty',
  mustBeEmpty: 'must be empty in this mode',
  kind: 'is not of the expected kind',
  unknownField: 'is not a setting',
  ipv4: 'must be an IPv4 address: four decimal numbers from 0 to 255 with dots, such as 10.20.0.5',
  ipv4LeadingZero: 'must not have leading zeros: they would be read as octal numbers',
  ipv4WithPrefix: 'must be the address alone; put the part after the slash into the mask field',
  unspecified: 'must not be in 0.0.0.0/8, which stands for no address',
  loopback: 'must not be a loopback address (127.0.0.0/8)',
  linkLocal: 'must not be a link-local address (169.254.0.0/16)',
  multicast: 'must not be a multicast address (224.0.0.0/4)',
  reserved: 'must not be in the reserved range 240.0.0.0/4',
  broadcast: 'must not be the limited broadcast address 255.255.255.255',
  mask: 'must be a mask such as 255.255.255.0 or a prefix length such as 24',
  maskHoles: 'must have all its ones before its zeros, such as 255.255.255.0',
  maskRange: 'must be from 255.0.0.0 (8) to 255.255.255.252 (30)',
  networkAddress: 'must not be the first address of its subnet, which names the subnet itself',
  broadcastAddress: 'must not be the last address of its subnet, which is its broadcast address',
  outsideSubnet: 'must be inside the subnet of eth0',
  sameAsPrimary: 'must differ from the address of eth0',
  sameAsOwn: 'must differ from the addresses of this server',
  aliasRequired: 'must be given: zctrl and mmr both need port 443. Or choose one address with other ports',
  tooMany: 'has more entries than allowed',
  duplicate: 'is given twice',
  hostName: 'must be a name of letters, digits and hyphens, with dots between its parts (RFC 1123)',
  nameOrAddress: 'must be a host name or an IPv4 address',
  proxy: 'must be http://, a name or an IPv4 address and a port, such as http://proxy.example.org:3128',
  proxyCredentials: 'must not hold a user name or password: other programs of this server can read it',
  port: 'must be a whole number from 1 to 65535',
  portConsole: 'must not be 5480, which is the port of this console',
  portTwice: 'is used twice on one address',
  mediaPortSame: 'must equal the media port inside: browsers are told one number for both sides',
  notOwn: 'must be an address of this server',
  notThisServer: 'must be the address of another server, not of this one',
} as const;
export type NetworkRule = keyof typeof networkRules;

/** One broken rule. `field` is the path of the setting, such as `aliasMask` or `dns.1`. */
export interface NetworkRefusal {
  readonly field: string;
  readonly rule: NetworkRule;
}

/** "gateway must be inside the subnet of eth0." */
export const networkSentence = ({ field, rule }: NetworkRefusal): string => `${field} ${networkRules[rule]}.`;

/** What is allowed but deserves a look. */
export const networkWarnings = {
  subnetsDiffer:
    'eth0 and eth0:0 are in different subnets: answers from eth0:0 leave through the gateway of eth0, and some routers drop them',
  noDns: 'without a DNS server names cannot be resolved, so the cloud is found by address only',
  noGateway: 'without a gateway this server reaches its own subnet only',
  publicAddress:
    'this is a public address: allow port 5480 only from the addresses of administrators (firewall)',
} as const;
export type NetworkWarning = keyof typeof networkWarnings;
