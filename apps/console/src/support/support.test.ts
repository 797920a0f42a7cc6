import { execFileSync } from 'node:child_process';
import { generateKeyPairSync } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, test } from 'vitest';
import { firstPassword, ready } from '../testing.ts';

const key = generateKeyPairSync('ed25519').privateKey;
const pem = key.export({ type: 'pkcs8', format: 'pem' }).toString();
const secrets = {
  token: 'ght_PlantedConnectorTokenAbcdefgh1234',
  password: 'planted-password-one',
  passcode: 'Planted7',
  jwt: 'eyJhbGciOiJFZERTQSJ9.eyJwbGFudGVkIjp0cnVlfQ.cGxhbnRlZHNpZ25hdHVyZQ',
  session: 'plantedSessionCookieValue0123456789abcdefABC',
  pemBody: pem.split('\n')[1] ?? '',
  jwk: key.export({ format: 'jwk' }).d ?? '',
  hash: 'cGxhbnRlZGhhc2g',
};

test('a bundle holds status, configuration, logs, self-test and versions, and none of the secrets planted everywhere', async () => {
  const { call, signIn, logs, dataDir, sessionCookie } = await ready();
  await signIn(firstPassword);
  mkdirSync(dirname(logs.pathOf('mmr')), { recursive: true });
  const line = (facts: object): string =>
    JSON.stringify({
      level: 'info',
      time: '2026-11-21T10:00:00.000Z',
      role: 'mmr',
      pid: 1,
      ...facts,
      msg: 'planted',
    });
  writeFileSync(
    logs.pathOf('mmr'),
    [
      line({ connectorToken: secrets.token, note: `paired with ${secrets.token}` }),
      line({ body: JSON.stringify({ username: 'a', password: secrets.password }) }),
      line({ url: `http://x/j/123456789#pwd=${secrets.passcode}` }),
      line({
        headers: { authorization: `Bearer ${secrets.jwt}`, cookie: `guildhall_console=${secrets.session}` },
      }),
      `Error: refused ${secrets.jwt}`,
      `GUILDHALL_CONSOLE_INITIAL_PASSWORD=${secrets.password}`,
      pem.trimEnd(),
      line({ key: pem }),
      line({ jwk: { kty: 'OKP', crv: 'Ed25519', d: secrets.jwk } }),
      `row $argon2id$v=19$m=19456,t=2,p=1$c2FsdA$${secrets.hash}`,
      'an ordinary line',
    ].join('\n'),
  );
  writeFileSync(`${logs.pathOf('zctrl')}.1`, `older ${secrets.token}\n`);
  await call('POST', '/certificates/request', { hosts: ['connector.example'] });

  const answer = await call('GET', '/support-bundle');
  expect(answer.headers['content-type']).toBe('application/gzip');
  const file = join(dataDir, 'bundle.tar.gz');
  writeFileSync(file, answer.rawPayload);
  // The machine's own tar reads it: what we write is a tar to others too.
  execFileSync('tar', ['-xzf', file, '-C', dataDir], { stdio: 'ignore' });
  const dir = join(dataDir, 'guildhall-support');
  expect(readdirSync(dir).toSorted()).toEqual([
    'certificates.json',
    'config.json',
    'console.log',
    'machine.json',
    'mmr.log',
    'self-test.json',
    'status.json',
    'versions.json',
    'zctrl.log',
  ]);
  const all = readdirSync(dir)
    .map((name) => readFileSync(join(dir, name), 'utf8'))
    .join('\n');
  for (const [what, secret] of Object.entries({
    ...secrets,
    cookie: sessionCookie().split('=')[1] ?? '-',
    firstPassword,
  })) {
    expect(secret.length, what).toBeGreaterThan(5);
    expect(all.includes(secret), what).toBe(false);
  }
  expect(all).toContain('an ordinary line');
  expect(readFileSync(join(dir, 'certificates.json'), 'utf8')).toContain('"requestOpen": true');
  for (const name of readdirSync(dir).filter((one) => one.endsWith('.json'))) {
    expect(() => JSON.parse(readFileSync(join(dir, name), 'utf8')), name).not.toThrow();
  }
});
