import { ConfigError, describeConfig, loadConfig } from '@guildhall/kit';
import { expect, test } from 'vitest';
import { configSchema } from './config.ts';

const load = (env: Record<string, string>) => loadConfig({ role: 'cloud', schema: configSchema, env });

test('the first start needs nothing but the owner', () => {
  const config = load({ GUILDHALL_OWNER_EMAIL: 'a@b.example', GUILDHALL_OWNER_PASSWORD: 'secret words' });
  expect(config).toMatchObject({
    host: '127.0.0.1',
    port: 8080,
    roles: ['web', 'gateway', 'control', 'monitor'],
    tls: {},
  });
  expect(config).toMatchObject({ ownerEmail: 'a@b.example', ownerPassword: 'secret words' });
});

test('a wrong key is named with the nearest right one, and no secret is repeated', () => {
  expect(() => load({ GUILDHALL_CLOUD_PROT: '1' })).toThrow(/GUILDHALL_CLOUD_PROT .*GUILDHALL_CLOUD_PORT/u);
  expect(() => load({ GUILDHALL_CLOUD_ROLES: 'web,monitr' })).toThrow(ConfigError);
  expect(() => load({ GUILDHALL_DATABASE_URL: 'mysql://u:hidden@h/d' })).toThrow(
    /^(?!.*hidden).*postgres:\/\//u,
  );
});

test('every key is described for docs/config.md', () => {
  const rows = describeConfig('cloud', configSchema);
  expect(rows.map((row) => row.key)).toContain('tls.certFile');
  expect(rows.find((row) => row.key === 'databaseUrl')).toMatchObject({
    isSecret: true,
    env: ['GUILDHALL_CLOUD_DATABASE_URL', 'GUILDHALL_DATABASE_URL'],
  });
});
