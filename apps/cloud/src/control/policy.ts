import { createHash } from 'node:crypto';
import type { Clock } from '@guildhall/kit';
import { boundedRevocations } from '@guildhall/domain';
import { ticketLifetimeMs, clockSkewMs, maxPassRevocations, type Policy } from '@guildhall/protocol';
import { limitsIn } from '../limits.ts';
import type { Store, StoredZone } from '../store/port.ts';

const maxControllers = 8;
const maxUrls = 8;

export interface PolicyOptions {
  readonly store: Store;
  readonly clock: Pick<Clock, 'now'>;
  /** Origins of our pages; known once the server listens. */
  readonly webOrigins: () => readonly string[];
  /** Of zones that set none. */
  readonly limits: Policy['limits'];
  /** How long a pass is good. */
  readonly passLifetimeMs: number;
}

/** Puts together what a zone must know to work with the cloud away. */
export class Policies {
  readonly #options: PolicyOptions;

  constructor(options: PolicyOptions) {
    this.#options = options;
  }

  /** Undefined for an account that is gone. */
  async of(zone: Pick<StoredZone, 'id' | 'accountId'>): Promise<Policy | undefined> {
    const { store, clock, webOrigins, limits } = this.#options;
    const account = await store.accounts.get(zone.accountId);
    if (!account) return undefined;
    const nodes = await store.connectors.nodesOfZone(zone.id);
    const { minimum } = await store.hosting.settings(zone.accountId);
    const nowMs = clock.now();
    const controllers = nodes
      .filter(({ role }) => role === 'controller')
      .map(({ id: nodeId, urls }) => ({ nodeId, urls: urls.slice(0, maxUrls) }));
    const facts = {
      accountId: zone.accountId,
      zoneId: zone.id,
      mode: account.connectorMode,
      // A retired key is still good for the tickets and the passes it signed.
      ticketKeys: await store.keys.publicKeys(
        nowMs - Math.max(ticketLifetimeMs, this.#options.passLifetimeMs) - clockSkewMs,
      ),
      nodes: nodes.map(({ id, role, publicKey }) => ({ nodeId: id, role, publicKey })),
      webOrigins: [...webOrigins()],
      limits: limitsIn(await store.zones.limitsOf(zone.id), limits),
      // Only of a pair: a controller of before does not know the word, and needs it as little.
      ...(controllers.length > 1 && { controllers: controllers.slice(0, maxControllers) }),
      ...(minimum && { minimumVersion: minimum }),
      passes: await this.#passes(zone.accountId, nowMs),
    };
    const digest = createHash('sha256').update(JSON.stringify(facts)).digest('hex');
    return { rev: await store.connectors.policyRev(zone.id, digest), ...facts };
  }

  async #passes(accountId: StoredZone['accountId'], nowMs: number): Promise<NonNullable<Policy['passes']>> {
    const { store, passLifetimeMs: maxAgeMs } = this.#options;
    const { accountMs, single } = await store.passes.revocations(accountId, nowMs - maxAgeMs);
    const bounded = boundedRevocations(single, { limit: maxPassRevocations, maxAgeMs, nowMs });
    return {
      maxAgeMs,
      voidBeforeMs: Math.max(accountMs, bounded.voidBeforeMs),
      revoked: [...bounded.revoked],
    };
  }
}
