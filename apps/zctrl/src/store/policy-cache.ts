import type { AccountId } from '@guildhall/domain';
import type { Logger } from '@guildhall/kit';
import { Policy } from '@guildhall/protocol';
import type { PolicyPort } from '../types.ts';
import type { Facts } from './facts.ts';

interface PolicyCacheOptions {
  readonly facts: Facts;
  readonly accountId: AccountId;
  readonly logger: Logger;
}

/** The last policy the cloud gave, in memory and on disk, so that the zone starts with the cloud away. */
export class PolicyCache implements PolicyPort {
  readonly #options: PolicyCacheOptions;
  readonly #watchers = new Set<(policy: Policy) => void>();
  #current: Policy | undefined;

  constructor(options: PolicyCacheOptions) {
    this.#options = options;
    this.#current = this.#load();
  }

  get current(): Policy | undefined {
    return this.#current;
  }

  onChange(callback: (policy: Policy) => void): () => void {
    this.#watchers.add(callback);
    return () => this.#watchers.delete(callback);
  }

  /**
   * Takes over what the cloud answered on `register` (`isCurrent`) or told later. At the register an older revision is
   * taken too: a cloud restored from a backup is still the one that decides. Told later, an older one is a late message.
   * False when it was refused; the last good one then stays.
   */
  accept(policy: Policy, { isCurrent }: { isCurrent: boolean }): boolean {
    const { accountId, logger, facts } = this.#options;
    const known = this.#current;
    const isOtherZone = known !== undefined && policy.zoneId !== known.zoneId;
    // Only the answer to its register moves a node to another zone: what is told later may be late.
    if (policy.accountId !== accountId || (isOtherZone && !isCurrent)) {
      const told = { accountId: policy.accountId, zoneId: policy.zoneId };
      logger.error(told, 'the cloud sent the policy of another zone; the last good one stays in force');
      return false;
    }
    if (isOtherZone)
      logger.warn({ zoneId: policy.zoneId }, 'an administrator moved this node to another zone');
    else if (known && policy.rev < known.rev) {
      if (!isCurrent) return false;
      logger.warn({ rev: policy.rev, knownRev: known.rev }, 'the cloud went back to an older policy');
    }
    if (known && JSON.stringify(known) === JSON.stringify(policy)) return true;
    this.#current = policy;
    try {
      facts.set('policy', JSON.stringify(policy));
    } catch (error) {
      // In force all the same; only a start with the cloud away would miss it.
      logger.error({ err: error }, 'the policy could not be written to disk');
    }
    logger.info({ rev: policy.rev, nodes: policy.nodes.length }, 'policy in force');
    for (const watcher of this.#watchers) watcher(policy);
    return true;
  }

  #load(): Policy | undefined {
    const { facts, accountId, logger } = this.#options;
    const json = facts.get('policy');
    if (json === undefined) return undefined;
    const read = Policy.safeParse(JSON.parse(json));
    if (!read.success) {
      logger.error({ issue: read.error.issues[0]?.message }, 'the policy on disk cannot be read');
      return undefined;
    }
    // The node was paired with another account since.
    return read.data.accountId === accountId ? read.data : undefined;
  }
}
