import type { AccountId } from '@guildhall/domain';
import { AlertCondition } from '@guildhall/protocol';
import type { Kysely } from 'kysely';
import type {
  AlertDeliveryTable,
  AlertRuleTable,
  AlertStateTable,
  AlertTargetTable,
  Tables,
} from './schema.ts';

export interface StoredRule extends Omit<AlertRuleTable, 'condition' | 'enabled'> {
  readonly condition: AlertCondition;
  readonly enabled: boolean;
}

/** With what a sender needs of its target. */
export interface DueDelivery extends AlertDeliveryTable {
  readonly kind: AlertTargetTable['kind'];
  readonly address: string;
  /** Sensitive. */
  readonly secret: string | null;
}

export type DeliveryOutcome = Pick<
  AlertDeliveryTable,
  'state' | 'attempts' | 'nextAttemptMs' | 'statusCode' | 'error'
>;

const logLength = 100;

/** Rules, whom they tell, and what was told. */
export class AlertStore {
  readonly #db: Kysely<Tables>;

  constructor(db: Kysely<Tables>) {
    this.#db = db;
  }

  async addRule({ condition, enabled, ...facts }: StoredRule): Promise<void> {
    const row = { ...facts, condition: JSON.stringify(condition), enabled: enabled ? 1 : 0 } as const;
    await this.#db.insertInto('alertRules').values(row).execute();
  }

  rules(accountId: AccountId): Promise<StoredRule[]> {
    return this.#rules(accountId);
  }

  /** Of all accounts: what is watched. */
  async enabledRules(): Promise<StoredRule[]> {
    return (await this.#rules()).filter(({ enabled }) => enabled);
  }

  async #rules(accountId?: AccountId): Promise<StoredRule[]> {
    let select = this.#db.selectFrom('alertRules').selectAll();
    if (accountId !== undefined) select = select.where('accountId', '=', accountId);
    const rows = await select.orderBy('createdAtMs').orderBy('id').execute();
    return rows.map(({ condition, enabled, ...facts }) => ({
      ...facts,
      condition: AlertCondition.parse(JSON.parse(condition)),
      enabled: enabled === 1,
    }));
  }

  /** False when the account has no such rule. A rule that is switched off forgets what it had found. */
  async switchRule(accountId: AccountId, id: string, enabled: boolean): Promise<boolean> {
    const changed = await this.#db
      .updateTable('alertRules')
      .set({ enabled: enabled ? 1 : 0 })
      .where('accountId', '=', accountId)
      .where('id', '=', id)
      .executeTakeFirst();
    if (changed.numUpdatedRows === 0n) return false;
    if (!enabled) await this.#db.deleteFrom('alertStates').where('ruleId', '=', id).execute();
    return true;
  }

  async removeRule(accountId: AccountId, id: string): Promise<boolean> {
    const gone = await this.#db
      .deleteFrom('alertRules')
      .where('accountId', '=', accountId)
      .where('id', '=', id)
      .executeTakeFirst();
    return gone.numDeletedRows > 0n;
  }

  states(ruleIds: readonly string[]): Promise<AlertStateTable[]> {
    if (ruleIds.length === 0) return Promise.resolve([]);
    return this.#db
      .selectFrom('alertStates')
      .selectAll()
      .where('ruleId', 'in', [...ruleIds])
      .orderBy('sinceMs')
      .execute();
  }

  /** All that a rule finds now, and what is to be told of it, at once: nothing is told twice or forgotten. */
  async saveStates(
    ruleId: string,
    states: readonly AlertStateTable[],
    deliveries: readonly AlertDeliveryTable[],
  ): Promise<void> {
    await this.#db.transaction().execute(async (trx) => {
      await trx.deleteFrom('alertStates').where('ruleId', '=', ruleId).execute();
      if (states.length > 0)
        await trx
          .insertInto('alertStates')
          .values([...states])
          .execute();
      if (deliveries.length > 0)
        await trx
          .insertInto('alertDeliveries')
          .values([...deliveries])
          .execute();
    });
  }

  async addTarget(target: AlertTargetTable): Promise<void> {
    await this.#db.insertInto('alertTargets').values(target).execute();
  }

  targets(accountId: AccountId): Promise<AlertTargetTable[]> {
    return this.#db
      .selectFrom('alertTargets')
      .selectAll()
      .where('accountId', '=', accountId)
      .orderBy('createdAtMs')
      .orderBy('id')
      .execute();
  }

  async switchTarget(accountId: AccountId, id: string, enabled: boolean): Promise<boolean> {
    const changed = await this.#db
      .updateTable('alertTargets')
      .set({ enabled: enabled ? 1 : 0 })
      .where('accountId', '=', accountId)
      .where('id', '=', id)
      .executeTakeFirst();
    return changed.numUpdatedRows > 0n;
  }

  async removeTarget(accountId: AccountId, id: string): Promise<boolean> {
    const gone = await this.#db
      .deleteFrom('alertTargets')
      .where('accountId', '=', accountId)
      .where('id', '=', id)
      .executeTakeFirst();
    return gone.numDeletedRows > 0n;
  }

  async addDelivery(delivery: AlertDeliveryTable): Promise<void> {
    await this.#db.insertInto('alertDeliveries').values(delivery).execute();
  }

  /** How many of the account's are still to be sent. */
  async waiting(accountId: AccountId): Promise<number> {
    const found = await this.#db
      .selectFrom('alertDeliveries')
      .select((e) => e.fn.countAll<number>().as('count'))
      .where('accountId', '=', accountId)
      .where('state', '=', 'waiting')
      .executeTakeFirstOrThrow();
    return found.count;
  }

  /** Oldest first; of targets that are switched on. */
  due(nowMs: number, limit: number): Promise<DueDelivery[]> {
    return this.#db
      .selectFrom('alertDeliveries')
      .innerJoin('alertTargets', 'alertTargets.id', 'alertDeliveries.targetId')
      .selectAll('alertDeliveries')
      .select(['alertTargets.kind', 'alertTargets.address', 'alertTargets.secret'])
      .where('alertDeliveries.state', '=', 'waiting')
      .where('alertDeliveries.nextAttemptMs', '<=', nowMs)
      .where('alertTargets.enabled', '=', 1)
      .orderBy('alertDeliveries.nextAttemptMs')
      .limit(limit)
      .execute();
  }

  async attempted(id: string, outcome: DeliveryOutcome): Promise<void> {
    await this.#db.updateTable('alertDeliveries').set(outcome).where('id', '=', id).execute();
  }

  /** The newest, newest first. */
  deliveries(accountId: AccountId): Promise<(AlertDeliveryTable & { readonly name: string })[]> {
    return this.#db
      .selectFrom('alertDeliveries')
      .innerJoin('alertTargets', 'alertTargets.id', 'alertDeliveries.targetId')
      .selectAll('alertDeliveries')
      .select('alertTargets.name')
      .where('alertDeliveries.accountId', '=', accountId)
      .orderBy('alertDeliveries.atMs', 'desc')
      .orderBy('alertDeliveries.id', 'desc')
      .limit(logLength)
      .execute();
  }

  /** Forgets what was told before `beforeMs`. */
  async pruneDeliveries(beforeMs: number): Promise<void> {
    await this.#db.deleteFrom('alertDeliveries').where('atMs', '<', beforeMs).execute();
  }
}
