import { describe, expect, test } from 'vitest';
import {
  checkConfigure,
  checkNetwork,
  networkSentence,
  parseHostName,
  parseMask,
  parseProxy,
  readNetworkForm,
  type NetworkForm,
} from './index.ts';
import { good } from './testing.ts';

/** `field rule` of everything that is wrong. */
function wrong(change: Partial<NetworkForm>): string[] {
  const verdict = checkNetwork({ ...good, ...change });
  return verdict.ok ? [] : verdict.refusals.map(({ field, rule }) => `${field} ${rule}`);
}

function warned(change: Partial<NetworkForm>): readonly string[] {
  const verdict = checkNetwork({ ...good, ...change });
  if (!verdict.ok) throw new Error(verdict.refusals.map(networkSentence).join(' '));
  return verdict.warnings;
}

test('good settings come back in one form', () => {
  expect(checkNetwork(good)).toEqual({
    ok: true,
    settings: {
      primary: { address: '10.20.0.5', prefixLength: 24, gateway: '10.20.0.1' },
      alias: { address: '10.20.0.6', prefixLength: 24 },
      dns: ['10.20.0.2'],
      hostName: 'connector-1.example.org',
      ntp: ['ntp.example.org', '10.20.0.3'],
      proxy: null,
      ports: { zctrl: 443, mmr: 443, media: 8801 },
      external: [],
    },
    warnings: [],
  });
});

describe('an address', () => {
  test.each([
    ['10.0.0.5; reboot', 'text'],
    ['$(reboot)', 'ipv4'],
    ['`id`', 'ipv4'],
    ['10.0.0.5|id', 'ipv4'],
    ['-rf', 'ipv4'],
    ['--help', 'ipv4'],
    ['10.0.0.256', 'ipv4'],
    ['0x0a000005', 'ipv4'],
    ['0x0a.0.0.5', 'ipv4'],
    ['167772165', 'ipv4'],
    ['10.5', 'ipv4'],
    ['10.0.5', 'ipv4'],
    ['10.0.0.5.', 'ipv4'],
    ['010.0.0.5', 'ipv4LeadingZero'],
    ['10.0.0.00', 'ipv4LeadingZero'],
    ['10.0.0.5/24', 'ipv4WithPrefix'],
    ['10.0.0.5/255.255.255.0', 'ipv4WithPrefix'],
    ['fe80::1%eth0;id', 'ipv4'],
    ['10.0.0.5\0', 'text'],
    ['10.0.0.5\n', 'text'],
    [' 10.0.0.5', 'text'],
    ['１０.0.0.5', 'text'],
    ['10.0.0.5\u202e', 'text'],
    ['1\ufffd.0.0.5', 'text'],
    ['1'.repeat(41), 'tooLong'],
    ['9'.repeat(1_000_000), 'tooLong'],
    ['0.0.0.0', 'unspecified'],
    ['0.1.2.3', 'unspecified'],
    ['127.0.0.1', 'loopback'],
    ['224.0.0.1', 'multicast'],
    ['255.255.255.255', 'broadcast'],
    ['240.0.0.1', 'reserved'],
    ['169.254.1.1', 'linkLocal'],
    ['10.20.0.0', 'networkAddress'],
    ['10.20.0.255', 'broadcastAddress'],
    ['', 'required'],
  ])('%j is refused: %s', (address, rule) => {
    expect(wrong({ address, gateway: '' })).toEqual([`address ${rule}`]);
    const alias = wrong({ aliasAddress: address });
    expect(alias).toEqual([`aliasAddress ${address === '' ? 'aliasRequired' : rule}`]);
  });

  test('may be in a range beside the refused ones', () => {
    for (const address of [
      '126.0.0.1',
      '128.0.0.1',
      '169.253.0.1',
      '169.255.0.1',
      '223.255.255.1',
      '1.0.0.1',
    ])
      expect(wrong({ address, gateway: '' })).toEqual([]);
  });
});

describe('a mask', () => {
  test.each([
    ['255.0.255.0', 'maskHoles'],
    ['0.255.255.0', 'maskHoles'],
    ['255.255.255.1', 'maskHoles'],
    ['0.0.0.0', 'maskRange'],
    ['255.255.255.255', 'maskRange'],
    ['255.255.255.254', 'maskRange'],
    ['31', 'maskRange'],
    ['0', 'maskRange'],
    ['33', 'maskRange'],
    ['-1', 'mask'],
    ['0xffffff00', 'mask'],
    ['255.255.255', 'mask'],
    ['255.255.255.00', 'ipv4LeadingZero'],
    ['24; id', 'text'],
    ['', 'required'],
  ])('%j is refused: %s', (mask, rule) => {
    expect(wrong({ mask })).toEqual([`mask ${rule}`]);
  });

  test('is taken dotted or as a length, with a slash or without', () => {
    for (const mask of ['255.255.255.0', '24', '/24'])
      expect(parseMask(mask)).toEqual({ ok: true, value: 24 });
  });
});

test('gateway, eth0 and eth0:0 must fit each other', () => {
  expect(wrong({ gateway: '10.20.1.1' })).toEqual(['gateway outsideSubnet']);
  expect(wrong({ gateway: '10.20.0.0' })).toEqual(['gateway networkAddress']);
  expect(wrong({ gateway: '10.20.0.255' })).toEqual(['gateway broadcastAddress']);
  expect(wrong({ gateway: '10.20.0.5' })).toEqual(['gateway sameAsOwn']);
  expect(wrong({ gateway: '10.20.0.6' })).toEqual(['gateway sameAsOwn']);
  expect(wrong({ aliasAddress: '10.20.0.5' })).toEqual(['aliasAddress sameAsPrimary']);
  expect(wrong({ method: 'dhcp' })).toEqual([
    'address mustBeEmpty',
    'mask mustBeEmpty',
    'gateway mustBeEmpty',
  ]);
  expect(wrong({ method: 'dhcp', address: '', mask: '', gateway: '' })).toEqual([]);
});

test('one address serves all only on different ports', () => {
  const one = { mode: 'one-address', aliasAddress: '', aliasMask: '' } as const;
  expect(wrong({ ...one })).toEqual(['mmrPort portTwice']);
  expect(wrong({ ...one, mmrPort: 8443 })).toEqual([]);
  expect(wrong({ ...one, mmrPort: 8443, aliasAddress: '10.20.0.6' })).toEqual(['aliasAddress mustBeEmpty']);
});

test.each([
  [{ mmrPort: 0 }, 'mmrPort port'],
  [{ zctrlPort: 65_536 }, 'zctrlPort port'],
  [{ mediaPort: 8801.5 }, 'mediaPort port'],
  [{ mediaPort: Number.NaN }, 'mediaPort port'],
  [{ zctrlPort: 5480 }, 'zctrlPort portConsole'],
  [{ mediaPort: 443 }, 'mediaPort portTwice'],
] as const)('ports: %j is refused', (change, refusal) => {
  expect(wrong(change)).toEqual([refusal]);
});

test('names, servers and the proxy keep their rules', () => {
  expect(wrong({ dns: ['10.0.0.2', '10.0.0.2'] })).toEqual(['dns.1 duplicate']);
  expect(wrong({ dns: ['1.1.1.1', '1.1.1.2', '1.1.1.3', '1.1.1.4'] })).toEqual(['dns tooMany']);
  expect(wrong({ dns: ['127.0.0.1'] })).toEqual(['dns.0 loopback']);
  expect(wrong({ dns: ['dns.example.org'] })).toEqual(['dns.0 ipv4']);
  expect(wrong({ ntp: ['a b'] })).toEqual(['ntp.0 text']);
  expect(wrong({ ntp: ['-v'] })).toEqual(['ntp.0 nameOrAddress']);
  expect(wrong({ ntp: ['10.1'] })).toEqual(['ntp.0 ipv4']);
  for (const name of ['-a', 'a-', 'a..b', '.a', 'a_b', 'a;id', '10.0.0.5', '10', 'x'.repeat(64)])
    expect(parseHostName(name), name).toEqual({ ok: false, rule: 'hostName' });
  expect(parseHostName('a.'.repeat(32) + 'b')).toEqual({ ok: false, rule: 'tooLong' });
  expect(parseHostName('höst')).toEqual({ ok: false, rule: 'text' });
  for (const [proxy, rule] of [
    ['https://p:1', 'proxy'],
    ['http://p', 'proxy'],
    ['http://p:1/x', 'proxy'],
    ['http://me:pw@p:1', 'proxyCredentials'],
    ['http://0x7f000001:1', 'proxy'],
    ['http://127.0.0.1:6379', 'loopback'],
    ['http://169.254.169.254:80', 'linkLocal'],
    ['http://p:0', 'port'],
    ['http://p:65536', 'port'],
    ['http://p:1$(id)', 'proxy'],
  ] as const)
    expect(parseProxy(proxy), proxy).toEqual({ ok: false, rule });
  expect(parseProxy('http://Proxy.example.org:03128/')).toEqual({
    ok: true,
    value: 'http://proxy.example.org:3128',
  });
});

test('an address outside leads to one service', () => {
  const nat = (service: 'zctrl' | 'mmr' | 'media', port: number, address = '203.0.113.7') => ({
    service,
    address,
    port,
  });
  expect(wrong({ external: [nat('zctrl', 443), nat('mmr', 8443), nat('media', 8801)] })).toEqual([]);
  expect(wrong({ external: [nat('zctrl', 443), nat('mmr', 443)] })).toEqual(['external.1.port portTwice']);
  expect(wrong({ external: [nat('media', 9000)] })).toEqual(['external.0.port mediaPortSame']);
  expect(wrong({ external: [nat('mmr', 0)] })).toEqual(['external.0.port port']);
  expect(wrong({ external: [nat('mmr', 443, '10.0.0.5/24')] })).toEqual(['external.0.address nameOrAddress']);
});

test('what is allowed but risky is said', () => {
  expect(warned({ aliasAddress: '10.30.0.6' })).toEqual(['subnetsDiffer']);
  expect(warned({ dns: [] })).toEqual(['noDns']);
  expect(warned({ gateway: '' })).toEqual(['noGateway']);
  expect(warned({ address: '198.18.0.5', gateway: '', aliasAddress: '198.18.0.6' })).toEqual([
    'noGateway',
    'publicAddress',
  ]);
});

test('Configure refuses what cannot work', () => {
  const facts = { own: ['10.20.0.5', '10.20.0.6'], oneAddress: false, allowLoopback: false };
  const form = {
    role: 'controller',
    zcAddress: '10.20.0.5',
    mmrAddress: '10.20.0.6',
    otherZcAddress: '',
  } as const;
  const refused = (change: object, changed: object = {}) =>
    checkConfigure({ ...form, ...change }, { ...facts, ...changed }).map(
      ({ field, rule }) => `${field} ${rule}`,
    );
  expect(refused({})).toEqual([]);
  expect(refused({ otherZcAddress: '10.20.0.9' })).toEqual([]);
  expect(refused({ otherZcAddress: '10.20.0.5' })).toEqual(['otherZcAddress notThisServer']);
  expect(refused({ otherZcAddress: '10.20.0.6' })).toEqual(['otherZcAddress notThisServer']);
  expect(refused({ otherZcAddress: '10.20.0.9;id' })).toEqual(['otherZcAddress ipv4']);
  expect(refused({ zcAddress: '10.20.0.9' })).toEqual(['zcAddress notOwn']);
  expect(refused({ mmrAddress: '10.20.0.5' })).toEqual(['mmrAddress sameAsPrimary']);
  expect(refused({ mmrAddress: '10.20.0.5' }, { oneAddress: true })).toEqual([]);
  const mmr = { role: 'mmr', zcAddress: '10.20.0.9' } as const;
  expect(refused(mmr)).toEqual([]);
  expect(refused({ ...mmr, zcAddress: '10.20.0.5' })).toEqual(['zcAddress notThisServer']);
  expect(refused({ ...mmr, otherZcAddress: '10.20.0.9' })).toEqual(['otherZcAddress duplicate']);
  const loopback = { zcAddress: '127.0.0.1', mmrAddress: '127.0.0.1' };
  expect(refused(loopback)).toEqual(['zcAddress loopback', 'mmrAddress loopback']);
  expect(refused(loopback, { own: ['127.0.0.1'], oneAddress: true, allowLoopback: true })).toEqual([]);
});

test('foreign data of another shape is named, not believed', () => {
  expect(readNetworkForm(good)).toEqual(good);
  expect(
    readNetworkForm(structuredClone({ ...good, external: [{ service: 'mmr', address: 'a', port: 1 }] })),
  ).toEqual({
    ...good,
    external: [{ service: 'mmr', address: 'a', port: 1 }],
  });
  expect(readNetworkForm(null)).toEqual({ field: 'settings', rule: 'kind' });
  expect(readNetworkForm({ ...good, shell: '/bin/sh' })).toEqual({ field: 'shell', rule: 'unknownField' });
  expect(readNetworkForm({ ...good, dns: ['10.0.0.1', 5] })).toEqual({ field: 'dns.1', rule: 'kind' });
  expect(readNetworkForm({ ...good, mmrPort: '443' })).toEqual({ field: 'mmrPort', rule: 'kind' });
  expect(readNetworkForm({ ...good, dns: Array(51).fill('') })).toEqual({ field: 'dns', rule: 'tooMany' });
  expect(readNetworkForm({ ...good, external: [{ service: 'ssh', address: '', port: 1 }] })).toEqual({
    field: 'external.0',
    rule: 'kind',
  });
});
