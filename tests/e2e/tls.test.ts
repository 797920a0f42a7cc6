import { request } from 'node:http';
import { launchBrowser, Person, PortalApi, Product } from '@guildhall/testkit';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Browser } from 'playwright-core';

const host = 'guildhall.test';
let product: Product;
let browser: Browser;

beforeAll(async () => {
  [product, browser] = await Promise.all([
    Product.start({ host }),
    launchBrowser({ flags: [`--host-resolver-rules=MAP ${host} 127.0.0.1`] }),
  ]);
});

afterAll(async () => {
  await browser?.close();
  await product?.stop();
});

test('another device meets over TLS: portal, controller, router', async () => {
  expect(product.facts.portal).toMatch(new RegExp(`^https://${host}:`, 'u'));
  await using ana = await Person.create(browser, { name: 'Ana', ignoreHttpsErrors: true });
  await using ben = await Person.create(browser, { name: 'Ben', ignoreHttpsErrors: true });
  const urls = new Set<string>();
  ana.page.on('request', (one) => urls.add(new URL(one.url()).protocol));
  ana.page.on('websocket', (socket) => urls.add(new URL(socket.url()).protocol));
  await ana.join(product.facts.joinUrl);
  await ben.join(product.facts.joinUrl);
  await Promise.all([ana.receives({ video: 1, audio: 1 }), ben.receives({ video: 1, audio: 1 })]);
  urls.delete('data:');
  urls.delete('blob:');
  expect([...urls].toSorted()).toEqual(['https:', 'wss:']);
});

test('plain HTTP is not answered', async () => {
  for (const one of product.facts.processes) {
    const port = one.ports['http'] ?? one.ports['signalling'];
    if (port === undefined) continue;
    const answered = await new Promise<boolean>((done) => {
      const asked = request({ host: '127.0.0.1', port, path: '/', timeout: 3_000 }, (answer) => {
        answer.resume();
        done((answer.statusCode ?? 0) < 400);
      });
      asked.on('error', () => done(false));
      asked.on('timeout', () => asked.destroy());
      asked.end();
    });
    expect(answered, `${one.role} ${port}`).toBe(false);
  }
});

test('the certificates are good for whoever trusts the authority', async () => {
  expect(product.facts.authority).not.toBeNull();
  const api = new PortalApi(product.facts.portal.replace(host, 'localhost'));
  // Without the authority the certificate is refused, as it must be.
  await expect(api.raw('GET', '/api/v1/openapi.json')).rejects.toThrow('fetch failed');
});
