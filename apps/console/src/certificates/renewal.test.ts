import { FakeClock } from '@guildhall/kit';
import { createAuthority, createServerCertificate } from '@guildhall/kit/tls';
import { ConsoleCertificates } from '@guildhall/protocol';
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { createConsole, firstPassword } from '../testing.ts';
import { renewalAtMs } from './renewal.ts';

const hourMs = 3_600_000;
const dayMs = 24 * hourMs;

test('a third of its life before the end, a little later by chance, and always before the end', () => {
  const chance = fc.double({ min: 0, max: 0.999_999, noNaN: true });
  fc.assert(
    fc.property(fc.integer({ min: hourMs, max: 400 * dayMs }), chance, (lifeMs, luck) => {
      const life = { notBeforeMs: 1_000, notAfterMs: 1_000 + lifeMs };
      const atMs = renewalAtMs(life, { failures: 0, triedAtMs: 0, chance: luck });
      const leftMs = life.notAfterMs - atMs;
      expect(leftMs).toBeLessThanOrEqual(lifeMs / 3 + 1);
      expect(leftMs).toBeGreaterThanOrEqual(lifeMs / 3 - lifeMs / 60 - 1);
    }),
  );
});

test('after failures: one hour, two, four, never more than a day and a fifth', () => {
  const waits = [1, 2, 3, 4, 5, 6, 20].map(
    (failures) =>
      renewalAtMs({ notBeforeMs: 0, notAfterMs: 1 }, { failures, triedAtMs: 0, chance: 0 }) / hourMs,
  );
  expect(waits).toEqual([1, 2, 4, 8, 16, 24, 24]);
  const last = { failures: 9, triedAtMs: 0, chance: 0.999 };
  expect(renewalAtMs({ notBeforeMs: 0, notAfterMs: 1 }, last)).toBeLessThanOrEqual(1.2 * dayMs);
});

test('an ordered certificate is renewed by itself; a failure is told and tried again; another way ends it', async () => {
  const start = new FakeClock();
  const authority = await createAuthority({ commonName: 'Authority', clock: start });
  let isAway = false;
  const orders: string[] = [];
  const made = await createConsole({
    initialPassword: firstPassword,
    initialPasswordFinal: true,
    orderCertificate: async ({ hosts, directoryUrl, email }) => {
      orders.push([...hosts, directoryUrl, email].join(' '));
      if (isAway) throw new Error('the authority is away');
      return createServerCertificate({ authority, hosts, clock: made.clock });
    },
  });
  const { clock, certificates, call } = made;
  await made.signIn(firstPassword);
  const order = {
    hosts: ['connector.example'],
    email: 'admin@connector.example',
    directoryUrl: 'https://authority.example/directory',
    termsAgreed: true,
  };
  expect((await call('POST', '/certificates/order', order)).statusCode).toBe(202);
  await certificates.settled();
  certificates.start();
  const first = ConsoleCertificates.parse(certificates.state);
  const lifeMs = (first.current?.notAfterMs ?? 0) - (first.current?.notBeforeMs ?? 0);
  expect(first.renewal).toMatchObject({ failures: 0, reason: '' });

  // Looked at each hour, in steps that let an order end.
  const pass = async (untilMs: number): Promise<void> => {
    while (clock.now() < untilMs) {
      await clock.advance(Math.min(hourMs, untilMs - clock.now()));
      await certificates.settled();
    }
  };
  const dueAtMs = first.renewal?.nextAtMs ?? 0;
  await pass(dueAtMs - 1);
  expect(orders).toHaveLength(1);
  isAway = true;
  await pass(dueAtMs + hourMs);
  const failed = ConsoleCertificates.parse(certificates.state);
  expect(failed.current?.fingerprint256).toBe(first.current?.fingerprint256);
  expect(failed.renewal).toMatchObject({ failures: 1, reason: 'the authority is away' });
  await pass(dueAtMs + 10 * dayMs);
  // Not each hour: the waits grow to a day.
  expect(orders.length).toBeGreaterThan(10);
  expect(orders.length).toBeLessThan(18);
  expect(new Set(orders).size).toBe(1);
  isAway = false;
  await pass(dueAtMs + 12 * dayMs);
  const renewed = ConsoleCertificates.parse(certificates.state);
  expect(renewed.current?.fingerprint256).not.toBe(first.current?.fingerprint256);
  expect(renewed.renewal).toMatchObject({ failures: 0, reason: '' });
  expect(renewed.renewal?.nextAtMs).toBeGreaterThan(clock.now() + lifeMs / 2);
  expect(made.installedPairs).toHaveLength(2);

  await made.signIn(firstPassword);
  const pair = await createServerCertificate({ authority, hosts: ['own.example'], clock });
  await call('PUT', '/certificates', { certificatePem: pair.certPem, keyPem: pair.keyPem });
  expect(ConsoleCertificates.parse(certificates.state).renewal).toBeNull();
  certificates.close();
});
