import { GuildhallError, isGuildhallError } from '@guildhall/rpc';
import {
  calculateJwkThumbprint,
  decodeJwt,
  errors,
  exportJWK,
  generateKeyPair,
  importJWK,
  jwtVerify,
  SignJWT,
  type CryptoKey,
  type JWTPayload,
} from 'jose';
import { z } from 'zod';
import type { Clock } from './clock.ts';

/** The only algorithm ever made or taken (RFC 8037, RFC 8725 §3.1). */
const ALGORITHM = 'EdDSA';
const MAX_TOKEN_LENGTH = 8192;
const SKEW_MS = 60_000;

const keyPart = z.string().regex(/^[A-Za-z0-9_-]{43}$/);
const PublicKey = z.object({
  kty: z.literal('OKP'),
  crv: z.literal('Ed25519'),
  x: keyPart,
  kid: z.string().min(1),
});
const PrivateKey = PublicKey.extend({ d: keyPart });
/** An Ed25519 public key (RFC 8037 §2). */
export type PublicKeyJwk = z.output<typeof PublicKey>;
/** An Ed25519 private key; never leaves the node it was made on, never in a log. */
export type PrivateKeyJwk = z.output<typeof PrivateKey>;

/** Makes a signing key; `kid` is its RFC 7638 thumbprint. */
export async function generateSigningKey(): Promise<PrivateKeyJwk> {
  const { privateKey } = await generateKeyPair(ALGORITHM, { crv: 'Ed25519', extractable: true });
  const jwk = await exportJWK(privateKey);
  return PrivateKey.parse({ ...jwk, kid: await calculateJwkThumbprint(jwk) });
}

/** Checks a stored private key. @throws z.ZodError */
export function parsePrivateKey(value: unknown): PrivateKeyJwk {
  return PrivateKey.parse(value);
}

/** The half which others may know. */
export function publicKeyOf({ kty, crv, x, kid }: PublicKeyJwk): PublicKeyJwk {
  return { kty, crv, x, kid };
}

export interface SignTokenOptions {
  key: PrivateKeyJwk;
  issuer: string;
  audience: string;
  /** `ticket`, `seat`, `rejoin`, `node-proof`: in the claims, so that one kind never passes for another. */
  typ: string;
  lifetimeMs: number;
  /** Everything else; `sub` too. */
  claims: Record<string, unknown>;
  clock: Pick<Clock, 'now'>;
  /** Default: random. */
  jti?: string;
}

/** A compact JWS with iss, aud, typ, iat, exp and jti. */
export async function signToken(options: SignTokenOptions): Promise<string> {
  const { key, issuer, audience, typ, lifetimeMs, claims, clock } = options;
  const iat = Math.floor(clock.now() / 1000);
  const payload: JWTPayload = {
    ...claims,
    iss: issuer,
    aud: audience,
    typ,
    iat,
    exp: iat + Math.ceil(lifetimeMs / 1000),
    jti: options.jti ?? crypto.randomUUID(),
  };
  return new SignJWT(payload)
    .setProtectedHeader({ alg: ALGORITHM, kid: key.kid })
    .sign(await importPrivate(key));
}

/** Codes of the refusals of one kind of token. */
export interface TokenCodes {
  readonly invalid: string;
  readonly expired: string;
}

export interface VerifyTokenOptions<T extends z.ZodType> {
  /** What the claims must be, iss and typ included. */
  schema: T;
  audience: string;
  /** The keys of an issuer; none: the issuer is unknown. Called before the signature is checked. */
  keysOf: (issuer: string) => readonly PublicKeyJwk[] | Promise<readonly PublicKeyJwk[]>;
  clock: Pick<Clock, 'now'>;
  /** Default `auth.invalid` and `auth.expired`. */
  codes?: TokenCodes;
  /** Refuses tokens which are good for longer than this, skew aside. */
  maxLifetimeMs?: number;
}

const defaultCodes: TokenCodes = { invalid: 'auth.invalid', expired: 'auth.expired' };
const IssuerOnly = z.object({ iss: z.string().max(200) });

/**
 * Claims of a token which is signed by a known key of its issuer, for this audience, in its time (60 s of skew), and
 * conforms to the schema.
 *
 * @throws GuildhallError with one of `codes`; the sentence tells the audience nothing about keys
 */
export async function verifyToken<T extends z.ZodType>(
  token: string,
  options: VerifyTokenOptions<T>,
): Promise<z.output<T>> {
  const codes = options.codes ?? defaultCodes;
  try {
    if (token.length > MAX_TOKEN_LENGTH) throw new Error('token too long');
    const { iss } = IssuerOnly.parse(decodeJwt(token));
    const keys = await options.keysOf(iss);
    const payload = await verifyWithAny(token, keys, iss, options);
    return options.schema.parse(payload);
  } catch (error) {
    if (isGuildhallError(error)) throw error;
    if (error instanceof errors.JWTExpired) {
      throw new GuildhallError(codes.expired, 'The token has expired; ask for a new one.', { cause: error });
    }
    throw new GuildhallError(codes.invalid, 'The token is not valid here; ask for a new one.', {
      cause: error,
    });
  }
}

async function verifyWithAny(
  token: string,
  keys: readonly PublicKeyJwk[],
  issuer: string,
  options: Pick<VerifyTokenOptions<z.ZodType>, 'audience' | 'clock' | 'maxLifetimeMs'>,
): Promise<JWTPayload> {
  let failure: unknown = new Error('the issuer is not known');
  for (const key of keys) {
    try {
      const { payload } = await jwtVerify(token, await importPublic(key), {
        algorithms: [ALGORITHM],
        audience: options.audience,
        issuer,
        clockTolerance: SKEW_MS / 1000,
        currentDate: new Date(options.clock.now()),
        requiredClaims: ['iss', 'aud', 'iat', 'exp', 'jti'],
      });
      checkTimes(payload, options);
      return payload;
    } catch (error) {
      failure = error;
      if (!(error instanceof errors.JWSSignatureVerificationFailed)) throw error;
    }
  }
  throw failure;
}

/** jose checks exp and nbf; a token from the future or with an endless life is refused here. */
function checkTimes(
  { iat = 0, exp = 0 }: JWTPayload,
  { clock, maxLifetimeMs }: Pick<VerifyTokenOptions<z.ZodType>, 'clock' | 'maxLifetimeMs'>,
): void {
  if (iat * 1000 > clock.now() + SKEW_MS) throw new Error('issued in the future');
  if (maxLifetimeMs !== undefined && (exp - iat) * 1000 > maxLifetimeMs) throw new Error('lives too long');
}

/** Imported public keys are kept: the import costs as much as a verification. By content, as policies come anew. */
const imported = new Map<string, Promise<CryptoKey>>();
const MAX_IMPORTED = 1_000;
/** Private keys by identity only, so that none outlives its owner. */
const importedPrivate = new WeakMap<PrivateKeyJwk, Promise<CryptoKey>>();

function importPrivate(key: PrivateKeyJwk): Promise<CryptoKey> {
  const known = importedPrivate.get(key) ?? importOne({ ...publicKeyOf(key), d: key.d });
  importedPrivate.set(key, known);
  return known;
}

function importPublic(key: PublicKeyJwk): Promise<CryptoKey> {
  const known = imported.get(key.x);
  if (known) return known;
  if (imported.size >= MAX_IMPORTED) imported.clear();
  const fresh = importOne(publicKeyOf(key));
  imported.set(key.x, fresh);
  return fresh;
}

async function importOne(jwk: PublicKeyJwk | PrivateKeyJwk): Promise<CryptoKey> {
  const key = await importJWK(jwk, ALGORITHM);
  // importJWK answers bytes for symmetric keys only, which the types of this file rule out.
  if (key instanceof Uint8Array) throw new TypeError('not an asymmetric key');
  return key;
}
