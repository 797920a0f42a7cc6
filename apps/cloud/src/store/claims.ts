import {
  answerClaim,
  type AccountId,
  type ClaimAnswer,
  type MeetingId,
  type NodeId,
} from '@guildhall/domain';
import { NodeIdSchema, OpenPlace } from '@guildhall/protocol';
import type { Kysely } from 'kysely';
import { z } from 'zod';
import type { Tables } from './schema.ts';

/** As it is in the column `place`, with the second controller that sees the meeting there. */
const StoredPlace = OpenPlace.extend({
  also: z.strictObject({ holder: NodeIdSchema, untilMs: z.int() }).exactOptional(),
});

interface ClaimAsk {
  readonly nodeId: NodeId;
  /** Only meetings of this account are answered for. */
  readonly accountId: AccountId;
  readonly meetingId: MeetingId;
  readonly place: OpenPlace;
}

/** The cloud as the witness of zone controllers that do not hear each other: the first to ask may open a meeting. */
export class Claims {
  readonly #db: Kysely<Tables>;

  constructor(db: Kysely<Tables>) {
    this.#db = db;
  }

  /** In one transaction, so that of two who ask at once one is the first. Undefined: no meeting of this account. */
  claim(asks: readonly ClaimAsk[], nowMs: number): Promise<(ClaimAnswer<OpenPlace> | undefined)[]> {
    return this.#db.transaction().execute(async (trx) => {
      const answers = new Map<ClaimAsk, ClaimAnswer<OpenPlace> | undefined>();
      // Always in the same order: two batches that name the same meetings must not wait for each other's rows.
      const inOrder = asks.toSorted((a, b) => (a.meetingId < b.meetingId ? -1 : 1));
      for (const ask of inOrder) answers.set(ask, await claimOne(trx, ask, nowMs));
      return asks.map((ask) => answers.get(ask));
    });
  }
}

async function claimOne(
  trx: Kysely<Tables>,
  { nodeId, accountId, meetingId, place }: ClaimAsk,
  nowMs: number,
): Promise<ClaimAnswer<OpenPlace> | undefined> {
  const meeting = await trx
    .selectFrom('meetings')
    .select('accountId')
    .where('id', '=', meetingId)
    .executeTakeFirst();
  if (meeting?.accountId !== accountId) return undefined;
  const first = { meetingId, nodeId, place: JSON.stringify(place), untilMs: 0 };
  await trx
    .insertInto('meetingClaims')
    .values(first)
    .onConflict((c) => c.column('meetingId').doNothing())
    .execute();
  // The write is the lock: a second transaction waits here and then sees what the first one decided.
  const row = await trx
    .updateTable('meetingClaims')
    .set((e) => ({ untilMs: e.ref('untilMs') }))
    .where('meetingId', '=', meetingId)
    .returningAll()
    .executeTakeFirstOrThrow();
  const { also, ...stored } = StoredPlace.parse(JSON.parse(row.place));
  const known = row.untilMs === 0 ? null : { holder: row.nodeId, place: stored, untilMs: row.untilMs, also };
  const { answer, next } = answerClaim(known, { from: nodeId, place }, nowMs);
  await trx
    .updateTable('meetingClaims')
    .set({
      nodeId: next.holder,
      place: JSON.stringify({ ...next.place, also: next.also }),
      untilMs: next.untilMs,
    })
    .where('meetingId', '=', meetingId)
    .execute();
  return answer;
}
