import type { AccountId, MeetingId, ZoneId } from '@guildhall/domain';
import type { Kysely, Selectable } from 'kysely';
import type { EventTable, MeetingRunTable, Tables } from './schema.ts';

/** Why a run was closed here and not by its zone: nobody has heard of the zone for too long. */
export const zoneVanished = 'zone-vanished';

export type Run = Selectable<MeetingRunTable>;

const newestFirst = (trx: Kysely<Tables>, meetingId: MeetingId) =>
  trx.selectFrom('meetingRuns').selectAll().where('meetingId', '=', meetingId).orderBy('startedAtMs', 'desc');

/** The run that goes on; with a zone, the zone's own before that of another. */
export async function openRun(
  trx: Kysely<Tables>,
  meetingId: MeetingId,
  zoneId?: ZoneId,
): Promise<Run | undefined> {
  const runs = await newestFirst(trx, meetingId).where('endedAtMs', 'is', null).execute();
  return runs.find((run) => run.zoneId === zoneId) ?? runs[0];
}

/**
 * The run that was going on then and has ended since. Both controllers of a zone have an outbox, and one of them may have
 * been cut off from us for hours: what it tells then is about the past.
 */
export function runAt(
  trx: Kysely<Tables>,
  { meetingId, atMs }: { readonly meetingId: MeetingId; readonly atMs: number },
): Promise<Run | undefined> {
  return newestFirst(trx, meetingId)
    .where('startedAtMs', '<=', atMs)
    .where('endedAtMs', '>=', atMs)
    .executeTakeFirst();
}

/** The newest run of this meeting in this zone, if it was closed because the zone had vanished. */
export async function vanishedRun(
  trx: Kysely<Tables>,
  meetingId: MeetingId,
  zoneId: ZoneId,
): Promise<Run | undefined> {
  const run = await newestFirst(trx, meetingId).where('zoneId', '=', zoneId).limit(1).executeTakeFirst();
  return run?.endReason === zoneVanished ? run : undefined;
}

/** The meeting itself runs, by this run of it. */
export async function markRunning(
  trx: Kysely<Tables>,
  { meetingId, startedAtMs }: Pick<Run, 'meetingId' | 'startedAtMs'>,
): Promise<void> {
  await trx
    .updateTable('meetings')
    .set({ isRunning: 1, startedAtMs, endedAtMs: null, endReason: null })
    .where('id', '=', meetingId)
    .execute();
}

/** The zone is back: what was closed in its absence goes on as if it never had been, with the people in it. */
export async function reopenRun(trx: Kysely<Tables>, run: Run, atMs: number): Promise<Run> {
  const elsewhere = await openRun(trx, run.meetingId);
  await trx
    .updateTable('meetingRuns')
    .set({ endedAtMs: null, endReason: null })
    .where('id', '=', run.id)
    .execute();
  await trx
    .updateTable('runParticipants')
    .set({ leftAtMs: null, leaveReason: null })
    .where('runId', '=', run.id)
    .where('leaveReason', '=', zoneVanished)
    .execute();
  if (!elsewhere) await markRunning(trx, run);
  await logRun(trx, run, { kind: 'meeting.returned', atMs, severity: 'info' });
  return { ...run, endedAtMs: null, endReason: null };
}

/**
 * Ends a run and the stay of everybody in it.
 * @returns whether the meeting itself is over: it may run in another zone
 */
export async function closeRun(
  trx: Kysely<Tables>,
  run: Run,
  ending: { readonly atMs: number; readonly reason: string; readonly leaveReason: string },
): Promise<boolean> {
  const { reason: endReason, leaveReason } = ending;
  const endedAtMs = Math.max(ending.atMs, run.startedAtMs);
  await trx.updateTable('meetingRuns').set({ endedAtMs, endReason }).where('id', '=', run.id).execute();
  await trx
    .updateTable('runParticipants')
    .set((e) => ({
      // When a zone was heard of last is known to the half minute: somebody may have come after it.
      leftAtMs: e.case().when('joinedAtMs', '>', endedAtMs).then(e.ref('joinedAtMs')).else(endedAtMs).end(),
      leaveReason,
    }))
    .where('runId', '=', run.id)
    .where('leftAtMs', 'is', null)
    .execute();
  if (await openRun(trx, run.meetingId)) return false;
  await trx
    .updateTable('meetings')
    .set({ isRunning: 0, endedAtMs, endReason })
    .where('id', '=', run.meetingId)
    .execute();
  return true;
}

/**
 * A line of the account's event log about a run, in the transaction that changes it: what is history is in the log, also
 * when this process is killed right after. Of each kind there is one for a run; the last word counts.
 */
export async function logRun(
  trx: Kysely<Tables>,
  {
    id,
    meetingId,
    accountId,
  }: { readonly id: string; readonly meetingId: MeetingId; readonly accountId: AccountId },
  line: Pick<EventTable, 'kind' | 'atMs' | 'severity'> & { readonly more?: string },
): Promise<void> {
  const { kind, atMs, severity, more } = line;
  const meeting = await trx
    .selectFrom('meetings')
    .select(['number', 'topic'])
    .where('id', '=', meetingId)
    .executeTakeFirst();
  // Deleted meanwhile: the log has no name for it.
  if (!meeting) return;
  const detail = more === undefined ? meeting.number : `${meeting.number} · ${more}`;
  await trx
    .insertInto('events')
    .values({
      id: `evt_${id}_${kind}`.replaceAll(/[^A-Za-z0-9_]/gu, '_'),
      accountId,
      atMs,
      kind,
      severity,
      subject: meetingId,
      label: meeting.topic,
      detail,
    })
    .onConflict((c) => c.column('id').doUpdateSet({ atMs, detail }))
    .execute();
}
