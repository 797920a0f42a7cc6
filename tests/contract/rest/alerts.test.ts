import { createServer } from 'node:http';
import { AlertDeliveryList, Alerts, CreateAlertTargetAnswer } from '@guildhall/protocol';
import { afterEach, expect, test } from 'vitest';
import { addForeignPerson, addPerson, Person, signedIn, startCloud } from './cloud.ts';

const base = '/api/v1/connector/monitoring/alerts';
const closers: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).toReversed()) await close();
});

async function scene() {
  const cloud = await startCloud();
  closers.push(() => cloud.close());
  return { cloud, boss: await signedIn(cloud) };
}

const rule = { condition: { kind: 'node-gone', minutes: 5 } };

test('rules are made, switched and removed; wrong ones are refused by field', async () => {
  const { boss } = await scene();
  const made = (await boss.call('POST', `${base}/rules`, rule)).parse(Alerts);
  expect(made).toMatchObject({ mail: false, rules: [{ ...rule, enabled: true, firing: [] }] });
  const path = `${base}/rules/${made.rules[0]?.ruleId ?? ''}`;
  expect((await boss.call('PATCH', path, { enabled: false })).parse(Alerts).rules[0]?.enabled).toBe(false);
  for (const condition of [
    { kind: 'node-gone', minutes: 0 },
    { kind: 'node-gone', minutes: 1.5 },
    { kind: 'quality-below', mos: 9 },
    { kind: 'version-below', version: 'DROP TABLE' },
    { kind: 'node-gone', minutes: 5, shell: 'x' },
    { kind: 'weather' },
  ]) {
    expect((await boss.call('POST', `${base}/rules`, { condition })).code).toBe('request.invalid');
  }
  expect((await boss.call('DELETE', path)).parse(Alerts).rules).toEqual([]);
  expect((await boss.call('DELETE', path)).code).toBe('not-found');
});

test('a webhook’s secret is shown once; the test reaches it; addresses that must not be called are refused', async () => {
  const { boss } = await scene();
  let hits = 0;
  const server = createServer((request, response) => {
    hits += 1;
    response.writeHead(request.url === '/bad' ? 500 : 200).end();
  });
  closers.push(() => server.close());
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  const address = server.address();
  const own = `http://127.0.0.1:${typeof address === 'object' && address ? address.port : 0}`;
  const add = (url: string) => boss.call('POST', `${base}/targets`, { kind: 'webhook', name: 'Ops', url });
  const { target, secret } = (await add(`${own}/ok`)).parse(CreateAlertTargetAnswer);
  expect(secret).toMatch(/^whs_/u);
  expect((await boss.call('GET', base)).text).not.toContain(secret ?? 'none');
  expect((await boss.call('POST', `${base}/targets/${target.targetId}/test`)).status).toBe(200);
  const bad = (await add(`${own}/bad`)).parse(CreateAlertTargetAnswer).target;
  expect((await boss.call('POST', `${base}/targets/${bad.targetId}/test`)).code).toBe('alert.not-delivered');
  expect(hits).toBe(2);
  const meta = (await add('https://169.254.169.254/')).parse(CreateAlertTargetAnswer).target;
  expect((await boss.call('POST', `${base}/targets/${meta.targetId}/test`)).code).toBe('alert.not-delivered');
  const { deliveries } = (await boss.call('GET', `${base}/deliveries`)).parse(AlertDeliveryList);
  expect(new Set(deliveries.map(({ state, statusCode }) => `${state} ${statusCode}`))).toEqual(
    new Set(['delivered 200', 'failed null', 'failed 500']),
  );
  for (const url of [
    'http://example.org/',
    'ftp://example.org/',
    'https://a:b@example.org/',
    'javascript:1',
  ]) {
    expect((await add(url)).field).toBe('url');
  }
  const mail = { kind: 'email', name: 'Ops', email: 'ops@example.org' };
  expect((await boss.call('POST', `${base}/targets`, mail)).code).toBe('alert.no-mail');
});

test('only administrators of the account may see and change them', async () => {
  const { cloud, boss } = await scene();
  const id = (await boss.call('POST', `${base}/rules`, rule)).parse(Alerts).rules[0]?.ruleId ?? '';
  const foreigner = await addForeignPerson(cloud);
  expect((await foreigner.call('GET', base)).parse(Alerts).rules).toEqual([]);
  expect((await foreigner.call('PATCH', `${base}/rules/${id}`, { enabled: false })).code).toBe('not-found');
  expect((await foreigner.call('DELETE', `${base}/rules/${id}`)).code).toBe('not-found');
  const member = await addPerson(boss);
  expect((await member.call('GET', base)).code).toBe('auth.forbidden');
  expect((await member.call('POST', `${base}/rules`, rule)).code).toBe('auth.forbidden');
  expect((await new Person(cloud.url).call('GET', base)).code).toBe('auth.required');
});
