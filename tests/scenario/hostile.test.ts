import { request } from 'node:http';
import { connect } from 'node:net';
import { errorCodes, isErrorCode, ZoneJoinAnswer, JoinAnswer } from '@guildhall/protocol';
import { PortalApi, Product, RawLink } from '@guildhall/testkit';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';

let product: Product;
let owner: PortalApi;
let pidsBefore: number[];

const allPids = async (): Promise<number[]> =>
  (await product.status()).flatMap((one) => [one.pid, ...one.workers]).toSorted((a, b) => a - b);

beforeAll(async () => {
  product = await Product.start();
  owner = new PortalApi(product.facts.portal);
  await owner.signIn(product.facts.owner);
  pidsBefore = await allPids();
});

afterAll(async () => {
  await product?.stop();
});

const CodeOf = z.object({ error: z.object({ code: z.string(), message: z.string() }) });

/** The registered code of a refusal; fails the test when it is not one, or when the body tells more than it should. */
const refusal = (answer: { status: number; body: unknown }): string => {
  const { error } = CodeOf.parse(answer.body);
  expect(isErrorCode(error.code), error.code).toBe(true);
  expect(JSON.stringify(answer.body)).not.toMatch(/\.ts:|node_modules|at Object\./u);
  if (isErrorCode(error.code)) expect(answer.status).toBe(errorCodes[error.code].http);
  return error.code;
};

const nested = (depth: number): string => `${'{"a":'.repeat(depth)}1${'}'.repeat(depth)}`;

describe('every HTTP border refuses what it cannot understand, with a registered error', () => {
  const bodies: readonly [string, string, string][] = [
    ['cut off', '{"email":"a@b.c"', 'request.malformed'],
    ['not JSON', 'hello', 'request.malformed'],
    ['a key twice', '{"email":"a@b.c","email":"d@e.f","password":"x"}', 'request.malformed'],
    ['nested too deeply', nested(200), 'request.malformed'],
    ['a prototype key', '{"__proto__":{"admin":true}}', 'request.malformed'],
    ['wrong types', '{"email":1,"password":{},"ticket":5,"username":[]}', 'request.invalid'],
  ];
  test.each(bodies)('%s', async (_what, body, code) => {
    const zctrl = new PortalApi(
      `http://localhost:${product.facts.processes.find((one) => one.role === 'zctrl')?.ports['http'] ?? 0}`,
    );
    const consoleApi = new PortalApi(product.facts.console);
    expect(refusal(await owner.raw('POST', '/api/v1/session', body))).toBe(code);
    expect(refusal(await zctrl.raw('POST', '/v1/join', body))).toBe(code);
    expect(refusal(await consoleApi.raw('POST', '/api/v1/session', body))).toBe(code);
    expect(refusal(await owner.raw('POST', '/control/v1/enrol', body))).toBe(code);
  });

  test('a body that is too large, a wrong type, a path that is none', async () => {
    expect(
      refusal(await owner.raw('POST', '/api/v1/session', JSON.stringify({ email: 'a'.repeat(3_000_000) }))),
    ).toBe('request.too-large');
    expect(refusal(await owner.raw('POST', '/api/v1/session', 'a=b', { 'content-type': 'text/plain' }))).toBe(
      'request.unsupported-type',
    );
    expect(refusal(await owner.raw('GET', '/api/v1/nothing-here'))).toBe('not-found');
  });

  test('bytes that are no HTTP at all', async () => {
    for (const { ports } of product.facts.processes)
      for (const port of Object.values(ports)) {
        const socket = connect({ port, host: '127.0.0.1' });
        socket.on('error', () => undefined);
        socket.end('\u0016\u0003\u0001\u0000\u00ff\r\n\r\nGET / HTTP/9.9\r\nA: \u0000\r\n\r\n');
        socket.destroySoon();
      }
    expect((await product.status()).every((one) => one.health === 'ok')).toBe(true);
  });

  test('a page of another site', async () => {
    expect(refusal(await owner.raw('POST', '/api/v1/meetings', {}, { origin: 'https://evil.example' }))).toBe(
      'request.cross-site',
    );
    expect(refusal(await owner.raw('POST', '/api/v1/meetings', {}, { 'sec-fetch-site': 'cross-site' }))).toBe(
      'request.cross-site',
    );
  });
});

describe('the links', () => {
  const statusOf = async (role: string, path: string, origin?: string): Promise<number> => {
    const ports = product.facts.processes.find((one) => one.role === role)?.ports ?? {};
    const asked = request({
      host: '127.0.0.1',
      port: ports['http'] ?? ports['signalling'] ?? 0,
      path,
      headers: {
        connection: 'Upgrade',
        upgrade: 'websocket',
        'sec-websocket-key': 'dGhlIHNhbXBsZSBub25jZQ==',
        'sec-websocket-version': '13',
        ...(origin !== undefined && { origin }),
      },
    });
    asked.end();
    const status = await new Promise<number>((resolve, reject) => {
      asked.on('upgrade', (answer) => resolve(answer.statusCode ?? 0));
      asked.on('response', (answer) => resolve(answer.statusCode ?? 0));
      asked.on('error', reject);
    });
    asked.destroy();
    return status;
  };

  test.each([
    // A page's cookie, a node's proof or a branch's token; the seat of a meeting comes in its first message.
    ['cloud', '/gateway', 403],
    ['cloud', '/control', 401],
    ['zctrl', '/v1/router', 401],
    ['zctrl', '/v1/pair', 401],
    ['mmr', '/v1/cascade', 401],
    ['mmr', '/v1/meeting', 101],
  ])('%s %s: no page of another site, and nobody without what it asks for', async (role, path, stranger) => {
    expect(await statusOf(role, path, 'https://evil.example')).toBe(403);
    expect(await statusOf(role, path, 'null')).toBe(403);
    expect(await statusOf(role, path)).toBe(stranger);
  });
});

describe('tickets and seats', () => {
  const zctrlUrl = (): string =>
    `http://localhost:${product.facts.processes.find((one) => one.role === 'zctrl')?.ports['http'] ?? 0}`;
  const join = async (): Promise<{ ticket: string; answer: z.output<typeof ZoneJoinAnswer> }> => {
    const meeting = await owner.createMeeting();
    const { ticket } = await owner.call('POST', `/api/v1/meetings/${meeting.number}/join`, JoinAnswer, {});
    const answer = await new PortalApi(zctrlUrl()).call('POST', '/v1/join', ZoneJoinAnswer, { ticket });
    return { ticket, answer };
  };
  const withBrokenSignature = (token: string): string =>
    `${token.slice(0, -6)}${token.endsWith('AAAAAA') ? 'BBBBBB' : 'AAAAAA'}`;
  const withoutSignature = (token: string): string => {
    const [, claims = ''] = token.split('.');
    return `${Buffer.from('{"alg":"none"}').toString('base64url')}.${claims}.AA`;
  };

  test('a forged ticket, a token of another kind, and an algorithm of the attacker’s choice', async () => {
    const { ticket, answer } = await join();
    const zctrl = new PortalApi(zctrlUrl());
    for (const bad of [withBrokenSignature(ticket), withoutSignature(ticket), answer.seat, answer.rejoin])
      expect(refusal(await zctrl.raw('POST', '/v1/join', { ticket: bad }))).toBe('ticket.invalid');
    for (const bad of [ticket, answer.seat, withBrokenSignature(answer.rejoin)])
      expect(refusal(await zctrl.raw('POST', '/v1/join', { rejoin: bad }))).toBe('rejoin.invalid');
  });

  test('the router: no hello, other tokens, unknown methods, wrong types, hostile media', async () => {
    const { ticket, answer } = await join();
    const url = `${answer.routerUrls[0] ?? ''}${answer.routerUrls[0]?.endsWith('/v1/meeting') === true ? '' : '/v1/meeting'}`;
    await using link = await RawLink.open(url);
    expect(await link.errorOf('chat.send', { lineId: 'cht_0123456789', text: 'x' })).toBe(
      'protocol.hello-required',
    );
    await using second = await RawLink.open(url);
    const hello = (seat: string, protocol = 1): Record<string, unknown> => ({ protocol, features: [], seat });
    expect(await second.errorOf('hello', hello(ticket))).toBe('seat.invalid');
    await using third = await RawLink.open(url);
    expect(await third.errorOf('hello', hello(answer.seat, 99))).toBe('protocol.version');
    await using good = await RawLink.open(url);
    expect(await good.errorOf('hello', hello(answer.seat))).toBeNull();
    expect(await good.errorOf('hello', hello(answer.seat))).toBe('protocol.hello-repeated');
    expect(await good.errorOf('no.such.method', {})).toBe('request.unknown-method');
    expect(await good.errorOf('chat.send', { lineId: 7, text: {} })).toBe('request.invalid');
    expect(
      await good.errorOf('media.connect', {
        transportId: 'x',
        dtlsParameters: { fingerprints: [{ algorithm: 'md5', value: '00' }] },
      }),
    ).toBe('request.invalid');
    expect(
      await good.errorOf('media.connect', {
        transportId: 'x',
        dtlsParameters: { fingerprints: [{ algorithm: 'sha-256', value: Array(32).fill('AA').join(':') }] },
      }),
    ).toBe('media.unknown-transport');
    expect(await good.errorOf('host.remove', { participantId: 'prt_0123456789ABCDEF' })).toBe(
      'meeting.unknown-participant',
    );
    await using large = await RawLink.open(url);
    large.send('x'.repeat(200_000));
    expect(await large.closeCode).toBe(1009);
  });
});

test('after all of that no process was restarted and people can still join', async () => {
  expect(await allPids()).toEqual(pidsBefore);
  const meeting = await owner.createMeeting();
  await owner.call('POST', `/api/v1/meetings/${meeting.number}/join`, JoinAnswer, {});
});
