import { signToken, type Clock, type PrivateKeyJwk } from '@guildhall/kit';
import {
  ticketIssuer,
  ticketLifetimeMs,
  zoneAudience,
  type PassClaims,
  type TicketClaims,
} from '@guildhall/protocol';
import type { Store } from '../store/port.ts';

/** A new key is used for signing after at most this; the zones have it long before, by their policy. */
const KEY_KEPT_MS = 60_000;

export type TicketFacts = Pick<
  TicketClaims,
  'accountId' | 'zoneId' | 'participantId' | 'subject' | 'name' | 'role' | 'meeting'
>;

export type PassFacts = Pick<PassClaims, keyof TicketFacts | 'issuedAtMs'> & {
  readonly lifetimeMs: number;
};

/** Signs the tickets with which a person asks the zone for a seat. */
export class TicketSigner {
  readonly #store: Store;
  readonly #clock: Pick<Clock, 'now' | 'monotonicMs'>;
  #key: { readonly jwk: PrivateKeyJwk; readonly untilMs: number } | undefined;

  constructor(store: Store, clock: Pick<Clock, 'now' | 'monotonicMs'>) {
    this.#store = store;
    this.#clock = clock;
  }

  async sign(facts: TicketFacts): Promise<string> {
    return signToken({
      key: await this.#currentKey(),
      issuer: ticketIssuer,
      audience: zoneAudience(facts.zoneId),
      typ: 'ticket',
      lifetimeMs: ticketLifetimeMs,
      claims: { ...facts },
      clock: this.#clock,
    });
  }

  /** The same for days, with the cloud away. */
  async signPass({ lifetimeMs, ...facts }: PassFacts): Promise<string> {
    return signToken({
      key: await this.#currentKey(),
      issuer: ticketIssuer,
      audience: zoneAudience(facts.zoneId),
      typ: 'pass',
      lifetimeMs,
      claims: { ...facts },
      clock: this.#clock,
    });
  }

  async #currentKey(): Promise<PrivateKeyJwk> {
    const nowMs = this.#clock.monotonicMs();
    if (this.#key && nowMs < this.#key.untilMs) return this.#key.jwk;
    const found = await this.#store.keys.current();
    if (!found) throw new Error('the store has no ticket key');
    this.#key = { jwk: found.privateJwk, untilMs: nowMs + KEY_KEPT_MS };
    return found.privateJwk;
  }
}
