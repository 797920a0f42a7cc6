import { request } from 'node:http';
import { Gauge } from 'prom-client';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { startAdmin, type Admin } from './admin.ts';
import { silentLogger } from './logger.ts';
import { createMetrics } from './metrics.ts';

let admin: Admin;
let isReady = true;
const metrics = createMetrics('test');
const gauge = new Gauge({ name: 'guildhall_meetings', help: 'Open meetings.', registers: [metrics] });

beforeEach(async () => {
  isReady = true;
  admin = await startAdmin({
    logger: silentLogger,
    health: () => ({ ok: true }),
    ready: async () => ({ ok: isReady, facts: { cloud: 'unreachable' } }),
    metrics,
    actions: { '/echo': async (body) => ({ body }) },
    control: { secret: 'of this start', orders: { '/control/echo': async (body) => ({ body }) } },
    debugState: () => ({ meetings: 2, key: { d: 'hunter2' }, sessionToken: 'hunter2' }),
  });
});
afterEach(() => admin.close());

const get = (path: string): Promise<Response> => fetch(`http://127.0.0.1:${admin.port}${path}`);

test('health, readiness, metrics and state', async () => {
  gauge.set(2);
  expect(await (await get('/healthz')).json()).toEqual({ ok: true });
  expect((await get('/readyz')).status).toBe(200);
  isReady = false;
  const unready = await get('/readyz');
  expect([unready.status, await unready.json()]).toEqual([503, { ok: false, cloud: 'unreachable' }]);
  const text = await (await get('/metrics')).text();
  expect(text).toContain('guildhall_meetings{role="test"} 2');
  expect(text).toContain('process_resident_memory_bytes');
  const state = await (await get('/debug/state')).text();
  expect(state).toContain('"meetings": 2');
  expect(state).not.toContain('hunter2');
});

test('anything else is refused, and so is a page whose name was pointed at loopback', async () => {
  expect((await get('/nothing')).status).toBe(404);
  expect((await fetch(`http://127.0.0.1:${admin.port}/healthz`, { method: 'POST' })).status).toBe(405);
  const status = await new Promise((resolve) => {
    const rebound = { port: admin.port, path: '/debug/state', headers: { host: 'evil.example' } };
    request(rebound, (response) => {
      response.resume();
      resolve(response.statusCode);
    }).end();
  });
  expect(status).toBe(403);
});

test('an action takes JSON from this machine, and nothing a page of the web could send', async () => {
  const post = (headers: Record<string, string>, body = '{"a":1}') =>
    fetch(`http://127.0.0.1:${admin.port}/echo`, { method: 'POST', headers, body });
  const json = { 'content-type': 'application/json' };
  expect(await (await post(json)).json()).toEqual({ body: { a: 1 } });
  expect((await post({ 'content-type': 'text/plain' })).status).toBe(403);
  expect((await post({ ...json, origin: 'http://evil.example' })).status).toBe(403);
  expect(await (await post(json, 'x')).json()).toMatchObject({ error: { code: 'request.invalid' } });
  expect((await post(json, JSON.stringify('x'.repeat(20_000)))).status).toBe(422);
  expect((await get('/echo')).status).toBe(405);
});

test('never listens beyond loopback, and closes twice', async () => {
  const options = {
    logger: silentLogger,
    health: () => ({ ok: true }),
    ready: () => ({ ok: true }),
    metrics,
  };
  await expect(startAdmin({ ...options, host: '0.0.0.0', debugState: () => 0 })).rejects.toThrow(/loopback/);
  await admin.close();
  await admin.close();
});

test('an order is taken from who shows the secret only', async () => {
  const send = async (headers: Record<string, string>): Promise<number> => {
    const url = `http://127.0.0.1:${admin.port}/control/echo`;
    const sent = { 'content-type': 'application/json', ...headers };
    return (await fetch(url, { method: 'POST', headers: sent, body: '{}' })).status;
  };
  expect(await send({})).toBe(401);
  expect(await send({ authorization: 'Bearer of another start' })).toBe(401);
  expect(await send({ authorization: 'Bearer of this start' })).toBe(200);
  expect(await send({ authorization: 'Bearer of this start', origin: 'http://localhost' })).toBe(403);
});
