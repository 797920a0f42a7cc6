import { expect, test } from 'vitest';
import {
  controllerEnvironment,
  networkEnvironment,
  proxyEnvironment,
  proxyInForce,
} from './service-environment.ts';

const settings = {
  primary: { address: '10.20.0.5', prefixLength: 24, gateway: '10.20.0.1' },
  alias: { address: '10.20.0.6', prefixLength: 24 },
  dns: [],
  hostName: 'hall',
  ntp: [],
  proxy: null,
  ports: { zctrl: 443, mmr: 443, media: 8801 },
  external: [
    { service: 'zctrl', address: '203.0.113.7', port: 443 },
    { service: 'mmr', address: '203.0.113.7', port: 8443 },
    { service: 'media', address: '203.0.113.7', port: 8801 },
  ],
} as const;

test('two addresses: each service on its own, both told inside and outside', () => {
  const inForce = { settings, primary: '10.20.0.5', alias: '10.20.0.6' };
  expect(networkEnvironment('zctrl', inForce)).toEqual({
    GUILDHALL_ZCTRL_HOST: '10.20.0.5',
    GUILDHALL_ZCTRL_PORT: '443',
    GUILDHALL_ZCTRL_PUBLIC_URLS: 'https://10.20.0.5,https://203.0.113.7',
  });
  expect(networkEnvironment('mmr', inForce)).toEqual({
    GUILDHALL_MMR_HOST: '10.20.0.6',
    GUILDHALL_MMR_PORT: '443',
    GUILDHALL_MMR_SIGNALLING_URLS: 'wss://10.20.0.6/v1/meeting,wss://203.0.113.7:8443/v1/meeting',
    GUILDHALL_MMR_MEDIA_LISTEN_IP: '10.20.0.6',
    GUILDHALL_MEDIA_PORT: '8801',
    GUILDHALL_MMR_ICE_TCP_PORT: '8801',
    GUILDHALL_MMR_MEDIA_ANNOUNCED: '10.20.0.6,203.0.113.7',
  });
});

test('one address: both on it; without an address nothing is said', () => {
  const ports = { zctrl: 443, mmr: 8443, media: 8801 };
  const one = {
    settings: { ...settings, alias: null, ports, external: [] },
    primary: '10.20.0.5',
    alias: undefined,
  };
  expect(networkEnvironment('mmr', one)).toMatchObject({
    GUILDHALL_MMR_HOST: '10.20.0.5',
    GUILDHALL_MMR_SIGNALLING_URLS: 'wss://10.20.0.5:8443/v1/meeting',
  });
  expect(networkEnvironment('mmr', { ...one, primary: undefined })).toEqual({});
  expect(networkEnvironment('zctrl', undefined)).toEqual({});
});

test('a router dials the controllers that Configure names', () => {
  const zone = { known: 'ws://localhost:8802/v1/router', port: 443, isSecure: true };
  const dialled = (zcAddress: string, otherZcAddress: string) =>
    controllerEnvironment('mmr', { zcAddress, otherZcAddress }, zone)['GUILDHALL_MMR_CONTROLLERS'];
  expect(dialled('10.20.0.5', '')).toBe('wss://10.20.0.5/v1/router');
  expect(dialled('10.20.0.5', '10.20.0.9')).toBe('wss://10.20.0.5/v1/router,wss://10.20.0.9/v1/router');
  expect(dialled('127.0.0.1', '')).toBe('ws://localhost:8802/v1/router');
  expect(controllerEnvironment('mmr', undefined, zone)).toEqual({});
  expect(controllerEnvironment('zctrl', { zcAddress: '10.20.0.5', otherZcAddress: '' }, zone)).toEqual({});
  const pair = { zcAddress: '10.20.0.5', otherZcAddress: '10.20.0.9' };
  expect(controllerEnvironment('zctrl', pair, zone)).toEqual({
    GUILDHALL_ZCTRL_PEERS: 'wss://10.20.0.9/v1/pair',
  });
});

test('the proxy of the network settings wins, leaves the zone out, and is for the zone controller alone', () => {
  const configured = { url: 'http://old.example:1', credentials: 'hall:pw', bypass: ['cdn.example'] };
  const proxied = { ...settings, proxy: 'http://proxy.example.org:3128' };
  const inForce = { settings: proxied, primary: '10.20.0.5', alias: '10.20.0.6' };
  const proxy = proxyInForce(inForce, configured);
  expect(proxyEnvironment('zctrl', proxy)).toEqual({
    GUILDHALL_ZCTRL_PROXY: 'http://proxy.example.org:3128',
    GUILDHALL_ZCTRL_PROXY_CREDENTIALS: 'hall:pw',
    GUILDHALL_ZCTRL_NO_PROXY: 'cdn.example,10.20.0.5,10.20.0.6,203.0.113.7',
  });
  expect(proxyEnvironment('mmr', proxy)).toEqual({});
  expect(proxyInForce(undefined, configured)?.url).toBe('http://old.example:1');
  expect(proxyInForce({ ...inForce, settings }, { ...configured, url: undefined })).toBeUndefined();
  expect(proxyEnvironment('zctrl', undefined)).toEqual({});
});
