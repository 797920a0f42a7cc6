import type { AccountId } from '@guildhall/domain';
import type { Kysely } from 'kysely';
import { contains, olderThan, type LogQuery } from './log-page.ts';
import type { AuditTable, Tables } from './schema.ts';

/** An entry with the names its ids have now; null when they are gone. */
export interface AuditLine extends AuditTable {
  readonly actorName: string | null;
  readonly subjectName: string | null;
}

/** Who did what: written for every act that changes people, the connector or a meeting. Only grows. */
export class Audit {
  readonly #db: Kysely<Tables>;

  constructor(db: Kysely<Tables>) {
    this.#db = db;
  }

  async add(entry: AuditTable): Promise<void> {
    await this.#db.insertInto('audit').values(entry).execute();
  }

  /** Newest first. */
  list(accountId: AccountId, limit: number): Promise<AuditTable[]> {
    return this.#db
      .selectFrom('audit')
      .selectAll()
      .where('accountId', '=', accountId)
      .orderBy('atMs', 'desc')
      .orderBy('id', 'desc')
      .limit(limit)
      .execute();
  }

  /** Newest first. */
  page(accountId: AccountId, query: LogQuery): Promise<AuditLine[]> {
    let select = this.#db
      .selectFrom('audit')
      .leftJoin('users as actorUser', 'actorUser.id', 'audit.actor')
      .leftJoin('nodes as actorNode', 'actorNode.id', 'audit.actor')
      .leftJoin('users as subjectUser', 'subjectUser.id', 'audit.subject')
      .leftJoin('nodes as subjectNode', 'subjectNode.id', 'audit.subject')
      .leftJoin('meetings as subjectMeeting', 'subjectMeeting.id', 'audit.subject')
      .leftJoin('accounts as subjectAccount', 'subjectAccount.id', 'audit.subject')
      .leftJoin('zones as subjectZone', 'subjectZone.id', 'audit.subject')
      .leftJoin('userGroups as subjectGroup', 'subjectGroup.id', 'audit.subject')
      .leftJoin('alertTargets as subjectTarget', 'subjectTarget.id', 'audit.subject')
      .selectAll('audit')
      .select((e) => [
        e.fn.coalesce('actorUser.name', 'actorNode.name').as('actorName'),
        e.fn
          .coalesce(
            'subjectUser.name',
            'subjectNode.name',
            'subjectMeeting.topic',
            // Kysely types five of them.
            e.fn.coalesce(
              'subjectAccount.name',
              'subjectZone.name',
              'subjectGroup.name',
              'subjectTarget.name',
            ),
          )
          .as('subjectName'),
      ])
      .where('audit.accountId', '=', accountId);
    const { kinds, text, fromMs, untilMs, after } = query;
    if (kinds) select = select.where('audit.action', 'in', [...kinds]);
    if (fromMs !== undefined) select = select.where('audit.atMs', '>=', fromMs);
    if (untilMs !== undefined) select = select.where('audit.atMs', '<', untilMs);
    if (text !== undefined) {
      select = select.where((e) =>
        contains(
          [
            e.ref('audit.action'),
            e.ref('audit.actor'),
            e.ref('audit.subject'),
            e.ref('actorUser.name'),
            e.ref('actorNode.name'),
            e.ref('subjectUser.name'),
            e.ref('subjectNode.name'),
            e.ref('subjectMeeting.topic'),
            e.ref('subjectAccount.name'),
            e.ref('subjectZone.name'),
            e.ref('subjectGroup.name'),
            e.ref('subjectTarget.name'),
          ],
          text,
        ),
      );
    }
    if (after) select = select.where((e) => olderThan(e.ref('audit.atMs'), e.ref('audit.id'), after));
    return select.orderBy('audit.atMs', 'desc').orderBy('audit.id', 'desc').limit(query.limit).execute();
  }
}
