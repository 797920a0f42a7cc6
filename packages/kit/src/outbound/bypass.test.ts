import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { loadConfig } from '../config/config.ts';
import { bypassesProxy, isBypassEntry } from './bypass.ts';
import { proxyConfig, proxyOf } from './config.ts';

test.each([
  ['localhost', [], true],
  ['portal.localhost', [], true],
  ['127.9.9.9', [], true],
  ['[::1]', [], true],
  ['10.20.0.5', [], true],
  ['172.31.0.1', [], true],
  ['172.32.0.1', [], false],
  ['192.168.1.1', [], true],
  ['[fd00::7]', [], true],
  ['203.0.113.7', [], false],
  ['203.0.113.7', ['203.0.113.7'], true],
  ['203.0.113.7', ['203.0.113.0/24'], true],
  ['203.0.114.7', ['203.0.113.0/24'], false],
  ['[2001:db8::5]', ['2001:db8::/32'], true],
  ['cloud.example.org', [], false],
  ['cloud.example.org', ['cloud.example.org'], true],
  ['Cloud.Example.org', ['.example.org'], true],
  ['cloud.example.org', ['*.example.org'], true],
  ['cloud.badexample.org', ['example.org'], false],
  ['localhost.evil.org', [], false],
  // No resolving, and no address read out of a name.
  ['10.0.0.1.evil.org', ['10.0.0.0/8'], false],
])('%s with %j bypasses the proxy: %s', (host, entries, expected) => {
  expect(bypassesProxy(host, entries)).toBe(expected);
});

test('whatever is private is never sent to the proxy, whatever else is listed', () => {
  const octet = fc.integer({ min: 0, max: 255 });
  fc.assert(
    fc.property(octet, octet, octet, fc.array(fc.string(), { maxLength: 5 }), (b, c, d, entries) => {
      expect(bypassesProxy(`10.${b}.${c}.${d}`, entries)).toBe(true);
      expect(bypassesProxy(`192.168.${c}.${d}`, entries)).toBe(true);
      expect(bypassesProxy(`172.${16 + (b % 16)}.${c}.${d}`, entries)).toBe(true);
    }),
  );
});

test('entries: names, addresses and subnets, and nothing that was mistyped', () => {
  for (const good of [
    'example.org',
    '.example.org',
    '*.example.org',
    '10.1.2.3',
    '10.0.0.0/8',
    '::1',
    'fd00::/8',
  ])
    expect(isBypassEntry(good), good).toBe(true);
  for (const bad of [
    '',
    '*',
    '10.1.2',
    '10.0.0.0/33',
    '10.0.0.0/',
    'fd00::/129',
    'a b',
    'x/8',
    '$(id)',
    '10.0.0.0/8/8',
  ])
    expect(isBypassEntry(bad), bad).toBe(false);
});

test('the configuration: what is no proxy is refused, and the password is not in the refusal', () => {
  const schema = z.strictObject(proxyConfig);
  const load = (env: Record<string, string>) => proxyOf(loadConfig({ role: 'zctrl', schema, env }));
  expect(load({})).toBeUndefined();
  expect(
    load({
      GUILDHALL_ZCTRL_PROXY: 'http://proxy.example.org:3128/',
      GUILDHALL_ZCTRL_PROXY_CREDENTIALS: 'hall:x y:z',
      GUILDHALL_ZCTRL_NO_PROXY: 'example.net,10.0.0.0/8',
    }),
  ).toEqual({
    url: 'http://proxy.example.org:3128',
    credentials: 'hall:x y:z',
    bypass: ['example.net', '10.0.0.0/8'],
  });
  for (const wrong of ['https://p:1', 'http://u:hunter2@p:1', 'http://p:1/x', 'p:1'])
    expect(() => load({ GUILDHALL_ZCTRL_PROXY: wrong })).toThrow('GUILDHALL_ZCTRL_PROXY');
  const splitting = {
    GUILDHALL_ZCTRL_PROXY: 'http://p:1',
    GUILDHALL_ZCTRL_PROXY_CREDENTIALS: 'hunter2\r\nX: y',
  };
  expect(() => load(splitting)).toThrow(/^(?!.*hunter2).*GUILDHALL_ZCTRL_PROXY_CREDENTIALS/su);
});
