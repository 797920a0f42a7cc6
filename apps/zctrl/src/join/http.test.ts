import { createHttpServer, silentLogger } from '@guildhall/kit';
import { errorCodes } from '@guildhall/protocol';
import { describe, expect, test } from 'vitest';
import { createTestZone, linkRouter, specOf } from '../testing.ts';
import { registerJoinRoutes } from './http.ts';

async function createApp() {
  const zone = await createTestZone();
  await linkRouter(zone);
  const app = createHttpServer({ logger: silentLogger, errorTable: errorCodes });
  const outcomes: string[] = [];
  const { identity, policy, service, clock } = zone;
  const onJoin = (outcome: string): void => void outcomes.push(outcome);
  registerJoinRoutes(app, {
    controllerId: identity.nodeId,
    service,
    policy,
    clock,
    isReady: () => true,
    onJoin,
  });
  const join = (payload: unknown, headers: Record<string, string> = {}) =>
    app.inject({
      method: 'POST',
      url: '/v1/join',
      headers: { 'content-type': 'application/json', ...headers },
      payload: JSON.stringify(payload),
    });
  return { zone, app, join, outcomes };
}

const portal = 'http://localhost:8080';

describe('POST /v1/join', () => {
  test('answers pages of the account, and no other page', async () => {
    const { zone, app, join } = await createApp();
    const ticket = await zone.ticket(specOf());
    const answer = await join({ ticket }, { origin: portal });
    expect(answer.statusCode).toBe(200);
    expect(answer.headers['access-control-allow-origin']).toBe(portal);
    for (const origin of ['http://evil.example', 'null', `${portal}.evil.example`]) {
      const refused = await join({ ticket }, { origin });
      expect(refused.statusCode).toBe(403);
      expect(refused.headers['access-control-allow-origin']).toBeUndefined();
      const preflight = await app.inject({ method: 'OPTIONS', url: '/v1/join', headers: { origin } });
      expect(preflight.headers['access-control-allow-origin']).toBeUndefined();
    }
    const preflight = await app.inject({ method: 'OPTIONS', url: '/v1/join', headers: { origin: portal } });
    expect(preflight.statusCode).toBe(204);
    expect(preflight.headers).toMatchObject({
      'access-control-allow-origin': portal,
      'access-control-allow-methods': 'POST',
      'access-control-allow-headers': 'content-type',
      'access-control-max-age': '7200',
    });
  });

  test('bad input gets the registered error and the field', async () => {
    const { zone, join, outcomes } = await createApp();
    const ticket = await zone.ticket(specOf());
    const bodies: [unknown, string | undefined][] = [
      [{}, undefined],
      [[], undefined],
      ['ticket', undefined],
      [{ ticket: 7 }, 'ticket'],
      [{ ticket, rejoin: ticket }, 'ticket'],
      [{ pass: ticket, ticket }, 'pass'],
      [{ ticket, role: 'host' }, 'role'],
      [{ ticket: 'x'.repeat(9_000) }, 'ticket'],
    ];
    for (const [body, field] of bodies) {
      const { statusCode, json } = await join(body);
      expect(statusCode).toBe(400);
      const { error } = json();
      expect(error.code).toBe('request.invalid');
      expect(error.field).toBe(field);
    }
    expect(outcomes).toEqual(bodies.map(() => 'request.invalid'));
  });

  test('lets a company behind one address in at once, and slows a flood of bad tokens', async () => {
    const { zone, join } = await createApp();
    const crowd = await Promise.all(
      Array.from({ length: 600 }, async () => join({ ticket: await zone.ticket(specOf()) })),
    );
    expect(crowd.every(({ statusCode }) => statusCode !== 429)).toBe(true);
    const flood = await Promise.all(Array.from({ length: 900 }, () => join({ ticket: 'a.b.c' })));
    expect(flood.some(({ statusCode }) => statusCode !== 429)).toBe(true);
    const late = await join({ ticket: 'a.b.c' });
    expect(late.statusCode).toBe(429);
    expect(late.json().error).toMatchObject({ code: 'rate.limited' });
    expect(late.headers['retry-after']).toBeDefined();
  });

  test('one right to join cannot be used without end', async () => {
    const { zone, join } = await createApp();
    const ticket = await zone.ticket(specOf());
    const codes: number[] = [];
    for (let attempt = 0; attempt < 70; attempt += 1) codes.push((await join({ ticket })).statusCode);
    expect(codes.slice(0, 60).every((code) => code === 200)).toBe(true);
    expect(codes.slice(-5).every((code) => code === 429)).toBe(true);
  });

  test('a ping says who answers and whether it could take a join', async () => {
    const { zone, app } = await createApp();
    const answer = await app.inject({ url: '/v1/ping', headers: { origin: portal } });
    expect(answer.json()).toEqual({ controllerId: zone.identity.nodeId, ready: true });
    expect(answer.headers['access-control-allow-origin']).toBe(portal);
  });
});
