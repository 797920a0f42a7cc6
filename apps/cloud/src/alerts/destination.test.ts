import { describe, expect, test } from 'vitest';
import { destinationOf } from './destination.ts';

const at = (...addresses: string[]) => ({ allowLoopback: false, resolve: async () => addresses });
const refused = { code: 'alert.forbidden-address' };

describe('where a webhook may lead', () => {
  test.each([
    'https://169.254.169.254/latest/meta-data',
    'https://[fd00:ec2::254]/',
    'https://[fe80::1]/',
    'https://[::ffff:169.254.169.254]/',
    'https://[64:ff9b::a9fe:a9fe]/',
    'https://2852039166/',
    'https://0xa9fea9fe/',
    'https://0.0.0.0/',
    'https://[::]/',
    'https://224.0.0.1/',
    'https://255.255.255.255/',
    'https://100.100.100.200/',
    'https://127.0.0.1/',
    'https://127.1/',
    'https://[::1]/',
    'https://[::ffff:127.0.0.1]/',
    'http://hooks.example.org/',
    'http://127.0.0.1/',
  ])('not to %s', async (url) => {
    await expect(destinationOf(url, at('203.0.113.7'))).rejects.toMatchObject(refused);
  });

  test('not by a name that leads there, alone or beside a good address', async () => {
    for (const addresses of [['169.254.169.254'], ['203.0.113.7', '169.254.169.254'], ['::ffff:a9fe:a9fe']]) {
      await expect(destinationOf('https://hooks.example.org/', at(...addresses))).rejects.toMatchObject(
        refused,
      );
    }
  });

  test('to public and private addresses, at the address that was judged', async () => {
    for (const address of ['203.0.113.7', '10.1.2.3', '2001:db8::7', 'fd12:3456::1']) {
      const { url, address: found } = await destinationOf('https://hooks.example.org/x?y=1', at(address));
      expect([url.href, found]).toEqual(['https://hooks.example.org/x?y=1', address]);
    }
  });

  test('to this machine only while the cloud is evaluated, plain or not; plain text nowhere else', async () => {
    const local = { ...at('127.0.0.1'), allowLoopback: true };
    expect((await destinationOf('http://127.0.0.1:9/', local)).address).toBe('127.0.0.1');
    expect((await destinationOf('http://localhost:9/', local)).address).toBe('127.0.0.1');
    const elsewhere = { ...at('10.0.0.1'), allowLoopback: true };
    await expect(destinationOf('http://localhost/', elsewhere)).rejects.toMatchObject(refused);
    await expect(destinationOf('https://169.254.1.1/', local)).rejects.toMatchObject(refused);
  });
});
