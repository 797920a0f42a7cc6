import { describe, expect, test } from 'vitest';
import type { GroupId, UserId, ZoneId } from '../ids.ts';
import { formatAddress, parseAddress } from './address.ts';
import { effectiveHosting } from './setting.ts';
import { parseSubnet, type Subnet } from './subnet.ts';
import { compareVersions, versionStanding } from './version.ts';
import { chooseZone } from './zone.ts';

describe('an address', () => {
  test.each([
    '010.1.1.1',
    '0x0a.1.1.1',
    '10.1',
    '1.2.3.256',
    '1.2.3.4.5',
    '1.2.3.',
    ' 1.2.3.4',
    '１.2.3.4',
    '::1::',
    '1:2:3:4:5:6:7:8:9',
    '1:2:3:4:5:6:7::8:9',
    'fe80::1%eth0',
    '12345::',
    '1.2.3.4::',
    ':',
    '',
  ])('%j is none', (text) => {
    expect(parseAddress(text)).toBeUndefined();
  });

  test.each([
    ['2001:DB8:0:0:1:0:0:1', '2001:db8::1:0:0:1'],
    ['0:0:0:0:0:0:0:0', '::'],
    ['1:0:0:2:0:0:0:3', '1:0:0:2::3'],
    ['::ffff:10.1.2.3', '10.1.2.3'],
    ['64:ff9b::192.0.2.33', '64:ff9b::c000:221'],
    ['1:2:3:4:5:6:7:0', '1:2:3:4:5:6:7:0'],
  ])('%s is written %s', (text, written) => {
    const address = parseAddress(text);
    expect(address && formatAddress(address)).toBe(written);
  });
});

test.each([
  ['10.1.2.3/16', { code: 'host-bits', network: '10.1.0.0/16' }],
  ['2001:db8::1/32', { code: 'host-bits', network: '2001:db8::/32' }],
  ['10.0.0.0/33', { code: 'prefix', maxBits: 32 }],
  ['::/129', { code: 'prefix', maxBits: 128 }],
  ['10.0.0.0/08', { code: 'syntax' }],
  ['10.0.0.0', { code: 'syntax' }],
  ['10.0.0.0/255.0.0.0', { code: 'syntax' }],
  ['10/8', { code: 'syntax' }],
  ['::ffff:10.0.0.0/104', { code: 'mapped' }],
])('the subnet %s is refused and the reason said', (text, problem) => {
  expect(parseSubnet(text)).toEqual({ ok: false, problem });
});

describe('the zone of a meeting', () => {
  const zone = (name: string, hosts: { userIds: UserId[]; groupIds: GroupId[] } | null = null) => ({
    zoneId: name.toLowerCase() as ZoneId,
    name,
    hosts,
  });
  const net = (text: string): Subnet => {
    const parsed = parseSubnet(text);
    if (!parsed.ok) throw new Error(text);
    return parsed.subnet;
  };
  const host = { userId: 'ana' as UserId, groupId: 'sales' as GroupId };
  const main = zone('Main');

  test('is that of the longest subnet, and every step is told', () => {
    const zones = [main, zone('Madrid'), zone('Floor')];
    const subnets = [
      { zoneId: zones[1]!.zoneId, subnet: net('10.0.0.0/8') },
      { zoneId: zones[2]!.zoneId, subnet: net('10.1.0.0/16') },
    ];
    const ask = (address: string) =>
      chooseZone({ address, host, zones, subnets, defaultZoneId: main.zoneId });
    expect(ask('10.1.9.9')).toEqual({
      zoneId: 'floor',
      steps: [{ code: 'subnet', subnet: '10.1.0.0/16', zoneId: 'floor', zone: 'Floor' }],
    });
    expect(ask('::ffff:10.2.0.1').zoneId).toBe('madrid');
    expect(ask('192.0.2.1').steps.map((step) => step.code)).toEqual(['no-subnet', 'default-zone']);
  });

  test('passes over zones that do not let the host in', () => {
    const closed = zone('Closed', { userIds: [], groupIds: [] });
    const sales = zone('Sales', { userIds: [], groupIds: [host.groupId] });
    const question = {
      address: '10.1.1.1',
      host,
      zones: [closed, sales],
      subnets: [{ zoneId: closed.zoneId, subnet: net('10.0.0.0/8') }],
      defaultZoneId: closed.zoneId,
    };
    expect(chooseZone(question)).toMatchObject({
      zoneId: 'sales',
      steps: [{ code: 'subnet' }, { code: 'host-not-allowed' }, { code: 'other-zone' }],
    });
    const stranger = { ...question, host: { userId: 'eve' as UserId, groupId: null } };
    expect(chooseZone(stranger).steps.at(-1)).toEqual({ code: 'no-zone' });
  });
});

test('a locked group decides over the person, and says its name', () => {
  const account = { place: 'on-premises', locked: false } as const;
  const group = { name: 'Sales', place: 'elsewhere', locked: true } as const;
  expect(effectiveHosting({ account, group, user: 'on-premises' })).toEqual({
    place: 'elsewhere',
    reason: { code: 'group-locked', group: 'Sales' },
  });
  expect(
    effectiveHosting({ account, group: { ...group, locked: false }, user: 'on-premises' }).reason,
  ).toEqual({ code: 'user' });
});

test('versions: releases follow their candidates, and nobody passes with a text', () => {
  const order = [
    'x',
    '0.9',
    '1.0.0-alpha',
    '1.0.0-alpha.1',
    '1.0.0-alpha.b',
    '1.0.0-rc.2',
    '1.0.0-rc.10',
    '1.0.0',
  ];
  expect(order.toSorted(compareVersions)).toEqual(order);
  expect(compareVersions('1.0', '1.0.0+build5')).toBe(0);
  const minimum = { version: '1.0.0', fromMs: 100 };
  expect(versionStanding('0.9.9', minimum, 99)).toBe('warned');
  expect(versionStanding('0.9.9', minimum, 100)).toBe('refused');
  expect(versionStanding('1.0.0', minimum, 100)).toBe('ok');
  expect(versionStanding('0.0.1', null, 100)).toBe('ok');
});
