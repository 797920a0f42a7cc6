import { PublicJwk } from '@guildhall/protocol';
import type { Kysely } from 'kysely';
import { z } from 'zod';
import type { Tables } from './schema.ts';

/** An Ed25519 private key (RFC 8037 §2). Sensitive. */
export const PrivateJwk = PublicJwk.extend({ d: z.string().regex(/^[A-Za-z0-9_-]{43}$/u) });
export type PrivateJwk = z.output<typeof PrivateJwk>;

export interface SigningKey {
  readonly kid: string;
  readonly privateJwk: PrivateJwk;
}

/** The keys that sign tickets. */
export class SigningKeys {
  readonly #db: Kysely<Tables>;

  constructor(db: Kysely<Tables>) {
    this.#db = db;
  }

  async insert(kid: string, publicJwk: PublicJwk, privateJwk: PrivateJwk, nowMs: number): Promise<void> {
    await this.#db
      .insertInto('signingKeys')
      .values({
        id: kid,
        publicJwk: JSON.stringify(publicJwk),
        privateJwk: JSON.stringify(privateJwk),
        createdAtMs: nowMs,
        retiredAtMs: null,
      })
      .execute();
  }

  /** The newest key that is not retired. */
  async current(): Promise<SigningKey | undefined> {
    const row = await this.#db
      .selectFrom('signingKeys')
      .select(['id', 'privateJwk'])
      .where('retiredAtMs', 'is', null)
      .orderBy('createdAtMs', 'desc')
      .orderBy('id')
      .executeTakeFirst();
    return row && { kid: row.id, privateJwk: PrivateJwk.parse(JSON.parse(row.privateJwk)) };
  }

  /** Every key whose tickets may still be good: those in use and those retired after `retiredAfterMs`. */
  async publicKeys(retiredAfterMs: number): Promise<PublicJwk[]> {
    const rows = await this.#db
      .selectFrom('signingKeys')
      .select('publicJwk')
      .where((e) => e.or([e('retiredAtMs', 'is', null), e('retiredAtMs', '>', retiredAfterMs)]))
      .orderBy('createdAtMs', 'desc')
      .orderBy('id')
      .limit(10)
      .execute();
    return rows.map((row) => PublicJwk.parse(JSON.parse(row.publicJwk)));
  }
}
