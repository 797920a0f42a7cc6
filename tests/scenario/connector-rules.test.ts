import { JoinAnswer, VersionRule, ZoneJoinAnswer, ZoneList, type Meeting } from '@guildhall/protocol';
import { PortalApi, Product } from '@guildhall/testkit';
import { afterAll, beforeAll, expect, test } from 'vitest';

let product: Product;
let api: PortalApi;
beforeAll(async () => {
  product = await Product.start();
  api = new PortalApi(product.facts.portal);
  await api.signIn(product.facts.owner);
});
afterAll(() => product?.stop());

/** Asks the cloud, then the controller it names, as a browser does. */
const enter = async ({ number }: Meeting): Promise<{ readonly status: number; readonly body: unknown }> => {
  const { ticket, controllers } = await api.call('POST', `/api/v1/meetings/${number}/join`, JoinAnswer, {});
  const response = await fetch(`${controllers[0]}/v1/join`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ ticket }),
  });
  return { status: response.status, body: await response.json() };
};

test('a node that is moved hosts in its new zone, with the same processes', async () => {
  expect((await enter(await api.createMeeting())).status).toBe(200);
  const before = (await product.status()).map((one) => one.pid);
  const { zones } = await api.call('POST', '/api/v1/connector/zones', ZoneList, { name: 'Madrid' });
  const target = zones.find((zone) => zone.name === 'Madrid');
  const [node] = zones.flatMap((zone) => zone.nodes);
  const body = { zoneId: target?.zoneId };
  await api.call('PUT', `/api/v1/connector/nodes/${node?.nodeId}/zone`, ZoneList, body);
  await api.call('PATCH', `/api/v1/connector/zones/${target?.zoneId}`, ZoneList, { isDefault: true });
  const meeting = await api.createMeeting();
  await expect.poll(async () => (await enter(meeting).catch(() => ({ status: 0 }))).status).toBe(200);
  expect((await product.status()).map((one) => one.pid)).toEqual(before);
});

test('below the minimum version no new meeting is opened, and the one that is open stays open', async () => {
  const open = await api.createMeeting();
  expect(ZoneJoinAnswer.safeParse((await enter(open)).body).success).toBe(true);
  const minimum = { version: '99.0.0', fromMs: Date.now() };
  await api.call('PUT', '/api/v1/connector/minimum-version', VersionRule, { minimum });
  await expect
    .poll(async () => (await enter(await api.createMeeting())).body)
    .toMatchObject({ error: { code: 'connector.outdated' } });
  expect((await enter(open)).status).toBe(200);
  await api.call('PUT', '/api/v1/connector/minimum-version', VersionRule, { minimum: null });
  const later = await api.createMeeting();
  await expect.poll(async () => (await enter(later)).status).toBe(200);
});
