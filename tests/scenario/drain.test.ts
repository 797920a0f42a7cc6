import { Connector, ConsoleStatus, JoinAnswer, type Meeting } from '@guildhall/protocol';
import { PortalApi, Product } from '@guildhall/testkit';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { z } from 'zod';

let product: Product;
let api: PortalApi;
let vm: PortalApi;
beforeAll(async () => {
  product = await Product.start();
  api = new PortalApi(product.facts.portal);
  vm = new PortalApi(new URL(product.facts.console).origin);
  await api.signIn(product.facts.owner);
  await vm.call('POST', '/api/v1/session', z.unknown(), product.facts.consoleUser);
});
afterAll(() => product?.stop());

const Joined = z.object({ rejoin: z.string() });

const join = async (url: string, body: { ticket: string } | { rejoin: string }) => {
  const response = await fetch(`${url}/v1/join`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  const answer: unknown = await response.json();
  return { url, status: response.status, answer };
};

/** Asks the cloud, then the controller it names, as a browser does. */
const enter = async ({ number }: Meeting) => {
  const { ticket, controllers } = await api.call('POST', `/api/v1/meetings/${number}/join`, JoinAnswer, {});
  return join(controllers[0] ?? '', { ticket });
};
const act = (path: string, body: unknown = {}) =>
  vm.call('POST', `/api/v1/services/mmr/${path}`, ConsoleStatus, body);
const mmrNow = async () => {
  const { services } = await vm.call('GET', '/api/v1/status', ConsoleStatus);
  return services.find(({ name }) => name === 'mmr');
};

test('a drained router takes no new meeting, lets its own go on, and stops after the last', async () => {
  const running = await api.createMeeting();
  const first = await enter(running);
  expect(first.status).toBe(200);
  const { rejoin } = Joined.parse(first.answer);

  await act('drain');
  await expect.poll(async () => (await mmrNow())?.drain?.meetings).toBe(1);
  // The zone has heard of it too: until then only the router itself refuses, in other words.
  const seen = async () => (await api.call('GET', '/api/v1/connector', Connector)).routers[0]?.state;
  await expect.poll(seen).toBe('draining');
  const refused = await enter(await api.createMeeting());
  expect(refused.status).toBe(503);
  expect(refused.answer).toMatchObject({
    error: { code: 'zone.no-router', message: expect.stringContaining('draining') },
  });
  expect((await enter(running)).status).toBe(200);
  expect((await join(first.url, { rejoin })).status).toBe(200);

  const cancelled = await act('drain/cancel');
  expect(cancelled.services.every(({ drain }) => drain === undefined)).toBe(true);
  const second = await api.createMeeting();
  await expect.poll(async () => (await enter(second)).status).toBe(200);

  await act('drain', { deadlineMinutes: 30 });
  await api.call('DELETE', `/api/v1/meetings/${second.number}`, z.unknown());
  await expect.poll(async () => (await mmrNow())?.drain?.meetings).toBe(1);
  expect(await mmrNow()).toMatchObject({ state: 'running', wanted: 'running' });
  await api.call('DELETE', `/api/v1/meetings/${running.number}`, z.unknown());
  await expect.poll(mmrNow).toMatchObject({ state: 'stopped', wanted: 'stopped' });
  const again = await vm.raw('POST', '/api/v1/services/mmr/drain', {});
  expect(again).toMatchObject({ status: 409, body: { error: { code: 'service.not-running' } } });
});
