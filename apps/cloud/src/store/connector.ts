import type { AccountId, NodeId, ZoneId } from '@guildhall/domain';
import { HttpUrl, PublicJwk, type VmRole } from '@guildhall/protocol';
import type { Kysely, Selectable } from 'kysely';
import { z } from 'zod';
import type { NodeTable, Tables, ZoneTable } from './schema.ts';

export interface StoredNode {
  readonly id: NodeId;
  readonly accountId: AccountId;
  readonly zoneId: ZoneId;
  readonly name: string;
  readonly role: VmRole;
  readonly version: string;
  readonly publicKey: PublicJwk;
  readonly urls: readonly string[];
  readonly lastSeenMs: number | null;
  readonly enrolledAtMs: number;
}

export type StoredZone = Pick<ZoneTable, 'id' | 'accountId' | 'name'>;

const Urls = z.array(HttpUrl);

/** Zones and the nodes enrolled in them. */
export class Connectors {
  readonly #db: Kysely<Tables>;

  constructor(db: Kysely<Tables>) {
    this.#db = db;
  }

  async insertZone(zone: StoredZone & { readonly createdAtMs: number }): Promise<void> {
    await this.#db
      .insertInto('zones')
      .values({ ...zone, policyRev: 0, policyFacts: '', hostsLimited: 0 })
      .execute();
  }

  zones(accountId: AccountId): Promise<StoredZone[]> {
    return this.#db
      .selectFrom('zones')
      .select(['id', 'accountId', 'name'])
      .where('accountId', '=', accountId)
      .orderBy('createdAtMs')
      .orderBy('id')
      .execute();
  }

  async nodesOfAccount(accountId: AccountId): Promise<StoredNode[]> {
    const rows = await this.#db
      .selectFrom('nodes')
      .selectAll()
      .where('accountId', '=', accountId)
      .orderBy('enrolledAtMs')
      .orderBy('id')
      .execute();
    return rows.map(toNode);
  }

  async nodesOfZone(zoneId: ZoneId): Promise<StoredNode[]> {
    const rows = await this.#db
      .selectFrom('nodes')
      .selectAll()
      .where('zoneId', '=', zoneId)
      .orderBy('enrolledAtMs')
      .orderBy('id')
      .execute();
    return rows.map(toNode);
  }

  async node(id: NodeId): Promise<StoredNode | undefined> {
    const row = await this.#db.selectFrom('nodes').selectAll().where('id', '=', id).executeTakeFirst();
    return row && toNode(row);
  }

  /** Enrols the key once: a repeat finds the node made before and brings its name, role and version up to date. */
  async enrol(node: Omit<StoredNode, 'urls' | 'lastSeenMs'>): Promise<StoredNode | 'other-account'> {
    return this.#db.transaction().execute(async (trx) => {
      const { publicKey, ...facts } = node;
      await trx
        .insertInto('nodes')
        .values({
          ...facts,
          publicKey: JSON.stringify(publicKey),
          keyX: publicKey.x,
          urls: '[]',
          lastSeenMs: null,
        })
        .onConflict((c) => c.column('keyX').doNothing())
        .execute();
      const found = await trx
        .selectFrom('nodes')
        .selectAll()
        .where('keyX', '=', publicKey.x)
        .executeTakeFirstOrThrow();
      if (found.accountId !== node.accountId) return 'other-account';
      const { name, role, version } = node;
      await trx.updateTable('nodes').set({ name, role, version }).where('id', '=', found.id).execute();
      return toNode({ ...found, name, role, version });
    });
  }

  /** It keeps its key and its name. */
  async moveNode(id: NodeId, zoneId: ZoneId): Promise<void> {
    await this.#db.updateTable('nodes').set({ zoneId }).where('id', '=', id).execute();
  }

  async registered(id: NodeId, version: string, urls: readonly string[], nowMs: number): Promise<void> {
    await this.#db
      .updateTable('nodes')
      .set({ version, urls: JSON.stringify(urls), lastSeenMs: nowMs })
      .where('id', '=', id)
      .execute();
  }

  async seen(id: NodeId, nowMs: number): Promise<void> {
    await this.#db.updateTable('nodes').set({ lastSeenMs: nowMs }).where('id', '=', id).execute();
  }

  /**
   * The revision for these policy facts: the old one when nothing changed, else the next.
   * @param facts a digest of everything in the policy but its revision
   */
  policyRev(zoneId: ZoneId, facts: string): Promise<number> {
    return this.#db.transaction().execute(async (trx) => {
      // The write comes first: it is the lock against another process that does the same.
      await trx
        .updateTable('zones')
        .set((e) => ({ policyRev: e('policyRev', '+', 1), policyFacts: facts }))
        .where('id', '=', zoneId)
        .where('policyFacts', '!=', facts)
        .execute();
      const row = await trx
        .selectFrom('zones')
        .select('policyRev')
        .where('id', '=', zoneId)
        .executeTakeFirstOrThrow();
      return row.policyRev;
    });
  }
}

function toNode(row: Selectable<NodeTable>): StoredNode {
  const { publicKey, urls, keyX: _keyX, ...rest } = row;
  return {
    ...rest,
    publicKey: PublicJwk.parse(JSON.parse(publicKey)),
    urls: Urls.parse(JSON.parse(urls)),
  };
}
