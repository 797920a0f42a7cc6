import { PortalApi, Product } from '@guildhall/testkit';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { z } from 'zod';

let product: Product;
beforeAll(async () => {
  product = await Product.start();
});
afterAll(() => product?.stop());

const Status = z.object({
  services: z.array(z.object({ state: z.string() })),
  cloud: z.object({ state: z.string() }),
  pairing: z.object({ nodeId: z.string() }),
});

test('Configure enrols a running server again: it keeps its identity and its services come back', async () => {
  const portal = new PortalApi(product.facts.portal);
  await portal.signIn(product.facts.owner);
  const { token } = await portal.call('POST', '/api/v1/connector/token', z.object({ token: z.string() }), {});
  const base = `${product.facts.console}/api/v1`;
  const signIn = await fetch(`${base}/session`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(product.facts.consoleUser),
  });
  const cookie = (signIn.headers.get('set-cookie') ?? '').split(';', 1)[0] ?? '';
  const status = async () => {
    const answer = await fetch(`${base}/status`, { headers: { cookie } });
    return Status.parse(await answer.json());
  };
  const submit = (change: object) =>
    fetch(`${base}/configure`, {
      method: 'POST',
      headers: { cookie, 'content-type': 'application/json' },
      body: JSON.stringify({
        token,
        controlUrl: product.facts.portal,
        role: 'controller',
        zcAddress: '127.0.0.1',
        mmrAddress: '127.0.0.1',
        otherZcAddress: '',
        ...change,
      }),
    });
  const before = (await status()).pairing.nodeId;
  expect((await submit({ token: `ght_${'0'.repeat(64)}` })).status).toBe(403);
  expect((await submit({})).status).toBe(200);
  await expect
    .poll(async () => {
      const { services, cloud } = await status();
      return [...services.map((service) => service.state), cloud.state];
    })
    .toEqual(['running', 'running', 'connected']);
  expect((await status()).pairing.nodeId).toBe(before);
});
