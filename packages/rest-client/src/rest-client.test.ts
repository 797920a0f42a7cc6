import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { createRestClient } from './index.ts';

const Answer = z.strictObject({ ok: z.literal(true) });
const clientFor = (answer: () => Promise<Response>) =>
  createRestClient({ unreachable: 'The server cannot be reached.', fetch: answer });

const json = (status: number, body: unknown) => (): Promise<Response> =>
  Promise.resolve(new Response(JSON.stringify(body), { status }));

describe('a page asks its API', () => {
  test('and gets what the contract says', async () => {
    expect(await clientFor(json(200, { ok: true })).call(Answer, 'GET', '/me')).toEqual({ ok: true });
  });

  test('a refusal carries its code, its sentence and the field', async () => {
    const refusal = { error: { code: 'request.invalid', message: 'The topic is too long.', field: 'topic' } };
    await expect(clientFor(json(400, refusal)).act('POST', '/meetings', {})).rejects.toMatchObject({
      code: 'request.invalid',
      message: 'The topic is too long.',
      field: 'topic',
    });
  });

  test.each([
    ['an answer that breaks the contract', json(200, { ok: 'yes' }), 'internal'],
    ['a page of a proxy', () => Promise.resolve(new Response('<html>', { status: 502 })), 'link.unreachable'],
    ['no JSON', () => Promise.resolve(new Response('hello')), 'internal'],
    ['nobody there', () => Promise.reject(new TypeError('failed to fetch')), 'link.unreachable'],
    ['no answer in time', () => Promise.reject(new DOMException('late', 'TimeoutError')), 'request.timeout'],
  ])('%s', async (_what, answer, code) => {
    await expect(clientFor(answer).call(Answer, 'GET', '/me')).rejects.toMatchObject({ code });
  });
});
