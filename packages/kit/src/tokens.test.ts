import { generateKeyPair, SignJWT, UnsecuredJWT } from 'jose';
import { beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { FakeClock } from './fake-clock.ts';
import { signNodeProof, UsedTokens, verifyNodeProof } from './node-proof.ts';
import {
  generateSigningKey,
  parsePrivateKey,
  publicKeyOf,
  signToken,
  verifyToken,
  type PrivateKeyJwk,
} from './tokens.ts';

const Claims = z.strictObject({
  iss: z.literal('cloud'),
  aud: z.literal('zone:z1'),
  typ: z.literal('ticket'),
  iat: z.int(),
  exp: z.int(),
  jti: z.string(),
  name: z.string(),
});

let key: PrivateKeyJwk;
let other: PrivateKeyJwk;
const clock = new FakeClock();

beforeAll(async () => {
  [key, other] = await Promise.all([generateSigningKey(), generateSigningKey()]);
});

const sign = (change: Partial<Parameters<typeof signToken>[0]> = {}): Promise<string> =>
  signToken({
    key,
    issuer: 'cloud',
    audience: 'zone:z1',
    typ: 'ticket',
    lifetimeMs: 300_000,
    claims: { name: 'Ada' },
    clock,
    ...change,
  });

const verify = (token: string, change: object = {}): Promise<z.output<typeof Claims>> =>
  verifyToken(token, {
    schema: Claims,
    audience: 'zone:z1',
    keysOf: (issuer) => (issuer === 'cloud' ? [publicKeyOf(other), publicKeyOf(key)] : []),
    clock,
    ...change,
  });

test('a good token gives its claims, also while keys rotate', async () => {
  expect(await verify(await sign())).toMatchObject({ iss: 'cloud', name: 'Ada' });
});

test('a stored key is checked, and the public half holds nothing private', () => {
  expect(parsePrivateKey(structuredClone(key))).toEqual(key);
  expect(() => parsePrivateKey({ ...key, crv: 'X25519' })).toThrow(/crv/);
  expect(Object.keys(publicKeyOf(key)).toSorted()).toEqual(['crv', 'kid', 'kty', 'x']);
});

describe('refused', () => {
  const cases: [string, () => Promise<string> | string, string][] = [
    [
      'expired beyond the skew',
      () => sign({ lifetimeMs: 1_000, clock: { now: () => clock.now() - 62_000 } }),
      'auth.expired',
    ],
    ['from the future', () => sign({ clock: { now: () => clock.now() + 62_000 } }), 'auth.invalid'],
    ['for another audience', () => sign({ audience: 'zone:z2' }), 'auth.invalid'],
    ['of an unknown issuer', () => sign({ issuer: 'elsewhere' }), 'auth.invalid'],
    ['of another kind', () => sign({ typ: 'rejoin' }), 'auth.invalid'],
    ['with claims missing', () => sign({ claims: {} }), 'auth.invalid'],
    ['with claims nobody knows', () => sign({ claims: { name: 'Ada', admin: true } }), 'auth.invalid'],
    [
      'signed by a stranger',
      async () => sign({ key: { ...(await generateSigningKey()), kid: key.kid } }),
      'auth.invalid',
    ],
    ['not signed', () => new UnsecuredJWT({ iss: 'cloud', aud: 'zone:z1' }).encode(), 'auth.invalid'],
    ['signed with the public key as a secret', () => hmac(key.x), 'auth.invalid'],
    ['signed with another algorithm', () => es256(), 'auth.invalid'],
    ['changed on the way', async () => (await sign()).replace(/\.(.{8})/, '.XXXXXXXX'), 'auth.invalid'],
    ['no token', () => 'nonsense', 'auth.invalid'],
    ['endless', () => 'x'.repeat(1_000_000), 'auth.invalid'],
  ];
  test.each(cases)('%s', async (_what, make, code) => {
    const failure: unknown = await verify(await make()).catch((error: unknown) => error);
    expect(failure).toMatchObject({ code });
  });

  test('within the skew it is good, and one which lives too long is not', async () => {
    expect(await verify(await sign({ clock: { now: () => clock.now() + 58_000 } }))).toBeDefined();
    await expect(verify(await sign(), { maxLifetimeMs: 60_000 })).rejects.toMatchObject({
      code: 'auth.invalid',
    });
  });

  test('the caller may name the codes', async () => {
    const codes = { invalid: 'ticket.invalid', expired: 'ticket.expired' };
    await expect(verify('x', { codes })).rejects.toMatchObject({ code: 'ticket.invalid' });
  });
});

function hmac(secret: string): Promise<string> {
  return new SignJWT({ iss: 'cloud', aud: 'zone:z1', typ: 'ticket', iat: 1, exp: 9e9, jti: 'x', name: 'Eve' })
    .setProtectedHeader({ alg: 'HS256' })
    .sign(new TextEncoder().encode(secret));
}

async function es256(): Promise<string> {
  const { privateKey } = await generateKeyPair('ES256');
  return new SignJWT({ iss: 'cloud', aud: 'zone:z1' }).setProtectedHeader({ alg: 'ES256' }).sign(privateKey);
}

describe('node proofs', () => {
  const NodeClaims = z.object({
    iss: z.string(),
    sub: z.enum(['mmr', 'zctrl']),
    typ: z.literal('node-proof'),
    jti: z.string(),
    exp: z.int(),
  });
  const setUp = () => {
    const seen = new UsedTokens(clock, 3);
    const check = (authorization: string | undefined): Promise<z.output<typeof NodeClaims>> =>
      verifyNodeProof(authorization, {
        schema: NodeClaims,
        audience: 'zctrl',
        keysOf: (nodeId) => (nodeId === 'node_1' ? [publicKeyOf(key)] : []),
        seen,
        clock,
      });
    const proof = async (change: object = {}): Promise<string> =>
      `Bearer ${await signNodeProof({ key, nodeId: 'node_1', audience: 'zctrl', role: 'mmr', clock, ...change })}`;
    return { seen, check, proof };
  };

  test('prove who dials, once', async () => {
    const { check, proof } = setUp();
    const authorization = await proof();
    expect(await check(authorization)).toMatchObject({ iss: 'node_1', sub: 'mmr' });
    await expect(check(authorization)).rejects.toMatchObject({ code: 'auth.replayed' });
  });

  test('everything else is refused', async () => {
    const { check, proof } = setUp();
    const wrong = [
      undefined,
      '',
      'Basic abc',
      'Bearer x y',
      await proof({ nodeId: 'node_2' }),
      await proof({ audience: 'control' }),
      await proof({ key: other }),
      await proof({ role: 'browser' }),
      `Bearer ${await sign({ issuer: 'node_1', audience: 'zctrl', typ: 'node-proof', claims: { sub: 'mmr' } })}`,
    ];
    for (const authorization of wrong) {
      await expect(check(authorization)).rejects.toMatchObject({ code: 'node.bad-proof' });
    }
  });

  test('the memory of used ones is bounded, and what has expired makes room', async () => {
    const { check, proof, seen } = setUp();
    for (let count = 0; count < 3; count++) await check(await proof());
    await expect(check(await proof())).rejects.toMatchObject({ code: 'overloaded' });
    await clock.advance(121_000);
    await check(await proof());
    expect(seen.size).toBe(1);
  });
});
