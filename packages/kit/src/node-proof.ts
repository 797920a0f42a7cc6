import { GuildhallError } from '@guildhall/rpc';
import type { z } from 'zod';
import type { Clock } from './clock.ts';
import { signToken, verifyToken, type PrivateKeyJwk, type PublicKeyJwk } from './tokens.ts';

/** `typ` of the token by which a node proves itself when it dials. */
const NODE_PROOF = 'node-proof';
const LIFETIME_MS = 60_000;
const SKEW_MS = 60_000;

export interface SignNodeProofOptions {
  key: PrivateKeyJwk;
  nodeId: string;
  /** Who is dialled: `control` or `zctrl`. */
  audience: string;
  /** Who dials: `zctrl`, `mmr` or `console`. */
  role: string;
  clock: Pick<Clock, 'now'>;
}

/** A proof good for 60 s and for one use. Goes into `Authorization: Bearer`. */
export function signNodeProof({ key, nodeId, audience, role, clock }: SignNodeProofOptions): Promise<string> {
  return signToken({
    key,
    issuer: nodeId,
    audience,
    typ: NODE_PROOF,
    lifetimeMs: LIFETIME_MS,
    claims: { sub: role },
    clock,
  });
}

export interface VerifyNodeProofOptions<T extends z.ZodType<{ jti: string; exp: number }>> {
  /** `NodeProofClaims` of packages/protocol. */
  schema: T;
  audience: string;
  /** Public keys of a node; none when it is not known or was removed. */
  keysOf: (nodeId: string) => readonly PublicKeyJwk[] | Promise<readonly PublicKeyJwk[]>;
  seen: UsedTokens;
  clock: Pick<Clock, 'now'>;
}

/**
 * Checks the `Authorization` header of who dials.
 * @throws GuildhallError `node.bad-proof`, `node.unknown` as thrown by `keysOf`, `auth.replayed`, `overloaded`
 */
export async function verifyNodeProof<T extends z.ZodType<{ jti: string; exp: number }>>(
  authorization: string | undefined,
  options: VerifyNodeProofOptions<T>,
): Promise<z.output<T>> {
  const token = /^Bearer ([\w.-]+)$/.exec(authorization ?? '')?.[1];
  if (token === undefined)
    throw new GuildhallError('node.bad-proof', 'The node sent no proof of its identity.');
  const claims = await verifyToken(token, {
    schema: options.schema,
    audience: options.audience,
    keysOf: options.keysOf,
    clock: options.clock,
    codes: { invalid: 'node.bad-proof', expired: 'node.bad-proof' },
    maxLifetimeMs: LIFETIME_MS,
  });
  options.seen.use(claims.jti, claims.exp * 1000 + SKEW_MS);
  return claims;
}

/** Remembers which tokens were used until they expire, in bounded memory. */
export class UsedTokens {
  readonly #clock: Pick<Clock, 'now'>;
  readonly #maxEntries: number;
  readonly #untilMsById = new Map<string, number>();

  constructor(clock: Pick<Clock, 'now'>, maxEntries = 10_000) {
    this.#clock = clock;
    this.#maxEntries = maxEntries;
  }

  get size(): number {
    return this.#untilMsById.size;
  }

  /**
   * @param untilMs epoch milliseconds from which the token is refused anyway
   * @throws GuildhallError `auth.replayed`; `overloaded` when the memory is full: forgetting would let a replay pass
   */
  use(id: string, untilMs: number): void {
    if (this.#untilMsById.has(id)) {
      throw new GuildhallError('auth.replayed', 'This proof was used before; make a new one for each link.');
    }
    if (this.#untilMsById.size >= this.#maxEntries) this.#forgetExpired();
    if (this.#untilMsById.size >= this.#maxEntries) {
      throw new GuildhallError(
        'overloaded',
        'Too many links were opened in the last minute; try again in one.',
      );
    }
    this.#untilMsById.set(id, untilMs);
  }

  #forgetExpired(): void {
    const nowMs = this.#clock.now();
    for (const [id, untilMs] of this.#untilMsById) if (untilMs <= nowMs) this.#untilMsById.delete(id);
  }
}
