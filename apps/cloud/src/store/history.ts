import type { AccountId, MeetingId, NodeId, ZoneId } from '@guildhall/domain';
import type { EventsLost, MeetingEvent, SpooledEvent } from '@guildhall/protocol';
import type { Kysely, Selectable } from 'kysely';
import {
  closeRun,
  logRun,
  markRunning,
  openRun,
  reopenRun,
  runAt,
  vanishedRun,
  zoneVanished,
  type Run,
} from './runs.ts';
import type { RunParticipantTable, Tables } from './schema.ts';

export interface OutboxBatch {
  readonly nodeId: NodeId;
  /** Of the node. */
  readonly zoneId: ZoneId;
  /** Only meetings of this account are touched, whatever the events name. */
  readonly accountId: AccountId;
  readonly epoch: string;
  readonly events: readonly { readonly seq: number; readonly event: SpooledEvent }[];
}

export interface BatchResult {
  /** Everything up to here is stored. */
  readonly ackedSeq: number;
  /** Those that run now and did not, as far as was known: new runs, and runs of a zone that was given up and is back. */
  readonly started: readonly MeetingId[];
  readonly ended: readonly MeetingId[];
  /** Events about meetings that are not the account's. */
  readonly foreign: number;
}

/** Runs of meetings and who was in them, as the zones report it. */
export class History {
  readonly #db: Kysely<Tables>;
  readonly #newRunId: () => string;

  constructor(db: Kysely<Tables>, newRunId: () => string) {
    this.#db = db;
    this.#newRunId = newRunId;
  }

  /** Stores each event exactly once: a repeated or overlapping batch has the effect of its new part only. */
  store(batch: OutboxBatch): Promise<BatchResult> {
    return this.#db.transaction().execute(async (trx) => {
      const lastSeq = await lockPosition(trx, batch);
      const fresh = batch.events.filter(({ seq }) => seq > lastSeq).toSorted((a, b) => a.seq - b.seq);
      const started = new Set<MeetingId>();
      const ended = new Set<MeetingId>();
      let foreign = 0;
      const { accountId, zoneId } = batch;
      for (const { seq, event } of fresh) {
        if (event.kind === 'events.lost') {
          await noteLost(trx, batch, seq, event);
          continue;
        }
        const { meetingId } = event;
        if (!(await isOurs(trx, accountId, meetingId))) {
          foreign++;
          continue;
        }
        const known = await openRun(trx, meetingId, zoneId);
        const closed = known?.zoneId === zoneId ? undefined : await vanishedRun(trx, meetingId, zoneId);
        const run = closed ? await reopenRun(trx, closed, event.atMs) : known;
        // What a controller that was cut off tells of the past must not change what runs now.
        const isLate = run !== undefined && event.atMs < run.startedAtMs;
        const past = !run || isLate ? await runAt(trx, event) : undefined;
        if (event.kind === 'participant.left') await leave(trx, isLate ? past : (run ?? past), event);
        else if (event.kind === 'meeting.ended') {
          if (past || !(await end(trx, run, event))) continue;
          ended.add(meetingId);
          started.delete(meetingId);
          continue;
        } else if (past) {
          // The other controller of the zone told of it, and of its end too.
          if (event.kind === 'participant.joined') await join(trx, past, event);
        } else {
          const goesOn = run ?? (await this.#openNew(trx, batch, event));
          if (event.kind === 'participant.joined') await join(trx, goesOn, event);
          else if (run && run.zoneId !== zoneId) await moveRun(trx, run.id, zoneId);
        }
        if (closed || (!run && !past && event.kind === 'meeting.started')) {
          started.add(meetingId);
          ended.delete(meetingId);
        }
      }
      const ackedSeq = fresh.at(-1)?.seq ?? lastSeq;
      await trx
        .updateTable('outboxPositions')
        .set({ lastSeq: ackedSeq })
        .where('nodeId', '=', batch.nodeId)
        .where('epoch', '=', batch.epoch)
        .execute();
      return { ackedSeq, started: [...started], ended: [...ended], foreign };
    });
  }

  /** Zones in which something runs, as far as is known here, with when a controller of each was last heard of. */
  async zonesWithRuns(): Promise<{ readonly zoneId: ZoneId; readonly heardMs: number | null }[]> {
    const rows = await this.#db
      .selectFrom('meetingRuns')
      .leftJoin('nodes', (on) =>
        on.onRef('nodes.zoneId', '=', 'meetingRuns.zoneId').on('nodes.role', '=', 'controller'),
      )
      .select(['meetingRuns.zoneId', (e) => e.fn.max('nodes.lastSeenMs').as('heardMs')])
      .where('meetingRuns.endedAtMs', 'is', null)
      .where('meetingRuns.zoneId', 'is not', null)
      .groupBy('meetingRuns.zoneId')
      .execute();
    return rows.flatMap(({ zoneId, heardMs }) => (zoneId === null ? [] : [{ zoneId, heardMs }]));
  }

  /** Ends what runs in a zone that vanished, as of when it was heard of last. @returns meetings that are over by it */
  closeVanished(
    zoneId: ZoneId,
    at: { readonly heardMs: number; readonly nowMs: number },
  ): Promise<MeetingId[]> {
    return this.#db.transaction().execute(async (trx) => {
      const runs = await trx
        .updateTable('meetingRuns')
        .set({ endReason: zoneVanished })
        .where('zoneId', '=', zoneId)
        .where('endedAtMs', 'is', null)
        .returningAll()
        .execute();
      const over: MeetingId[] = [];
      for (const run of runs) {
        const ending = { atMs: at.heardMs, reason: zoneVanished, leaveReason: zoneVanished };
        if (await closeRun(trx, run, ending)) over.push(run.meetingId);
        await logRun(trx, run, { kind: 'meeting.vanished', atMs: at.nowMs, severity: 'warning' });
      }
      return over;
    });
  }

  /** A zone that was given up tells what runs in it. @returns meetings that run again by it */
  async reopen(
    { accountId, zoneId }: { readonly accountId: AccountId; readonly zoneId: ZoneId },
    meetingIds: readonly MeetingId[],
    nowMs: number,
  ): Promise<MeetingId[]> {
    if (meetingIds.length === 0) return [];
    return this.#db.transaction().execute(async (trx) => {
      const closed = await trx
        .selectFrom('meetingRuns')
        .select('meetingId')
        .distinct()
        .where('meetingId', 'in', [...meetingIds])
        .where('accountId', '=', accountId)
        .where('zoneId', '=', zoneId)
        .where('endReason', '=', zoneVanished)
        .execute();
      const back: MeetingId[] = [];
      for (const { meetingId } of closed) {
        const run = await vanishedRun(trx, meetingId, zoneId);
        if (!run) continue;
        await reopenRun(trx, run, nowMs);
        back.push(meetingId);
      }
      return back;
    });
  }

  /** Newest first. */
  runs(meetingId: MeetingId, limit: number): Promise<Run[]> {
    return this.#db
      .selectFrom('meetingRuns')
      .selectAll()
      .where('meetingId', '=', meetingId)
      .orderBy('startedAtMs', 'desc')
      .limit(limit)
      .execute();
  }

  /** Whether somebody met on the account's connector since then. */
  async hasMetSince(accountId: AccountId, sinceMs: number): Promise<boolean> {
    const row = await this.#db
      .selectFrom('meetingRuns')
      .innerJoin('runParticipants', 'runParticipants.runId', 'meetingRuns.id')
      .select('meetingRuns.id')
      .where('meetingRuns.accountId', '=', accountId)
      .where('meetingRuns.startedAtMs', '>=', sinceMs)
      .limit(1)
      .executeTakeFirst();
    return row !== undefined;
  }

  participants(runId: string): Promise<Selectable<RunParticipantTable>[]> {
    return this.#db
      .selectFrom('runParticipants')
      .selectAll()
      .where('runId', '=', runId)
      .orderBy('joinedAtMs')
      .orderBy('participantId')
      .execute();
  }

  /** A meeting that is reopened on another router, or told of again, is the same run: this is for the first word of it. */
  async #openNew(
    trx: Kysely<Tables>,
    { accountId, zoneId }: OutboxBatch,
    { meetingId, atMs: startedAtMs }: MeetingEvent,
  ): Promise<Run> {
    const fresh = { id: this.#newRunId(), meetingId, accountId, zoneId, startedAtMs };
    const run: Run = { ...fresh, endedAtMs: null, endReason: null };
    await trx.insertInto('meetingRuns').values(run).execute();
    await markRunning(trx, run);
    await logRun(trx, run, { kind: 'meeting.started', atMs: startedAtMs, severity: 'info' });
    return run;
  }
}

/** Told to have started in a zone, it is in that zone from now on. */
async function moveRun(trx: Kysely<Tables>, id: string, zoneId: ZoneId): Promise<void> {
  await trx.updateTable('meetingRuns').set({ zoneId }).where('id', '=', id).execute();
}

async function join(
  trx: Kysely<Tables>,
  { id: runId, endedAtMs: leftAtMs }: Run,
  { participantId, name, role, atMs }: Extract<MeetingEvent, { kind: 'participant.joined' }>,
): Promise<void> {
  const person = { runId, participantId, name, role, joinedAtMs: atMs };
  await trx
    .insertInto('runParticipants')
    .values({ ...person, leftAtMs, leaveReason: leftAtMs === null ? null : 'ended' })
    .onConflict((c) => {
      const there = c.columns(['runId', 'participantId']);
      // Of a run that is over, when they left is known already.
      return leftAtMs === null
        ? there.doUpdateSet({ name, role, leftAtMs: null, leaveReason: null })
        : there.doNothing();
    })
    .execute();
}

/** The last sequence number stored for this node and epoch; holds the row until the transaction ends. */
async function lockPosition(trx: Kysely<Tables>, { nodeId, epoch }: OutboxBatch): Promise<number> {
  await trx
    .insertInto('outboxPositions')
    .values({ nodeId, epoch, lastSeq: 0 })
    .onConflict((c) => c.columns(['nodeId', 'epoch']).doNothing())
    .execute();
  const place = await trx
    .updateTable('outboxPositions')
    .set((e) => ({ lastSeq: e.ref('lastSeq') }))
    .where('nodeId', '=', nodeId)
    .where('epoch', '=', epoch)
    .returning('lastSeq')
    .executeTakeFirstOrThrow();
  return place.lastSeq;
}

/** Told to the account for good: its history has a hole. Named by node and number, so it is told once. */
async function noteLost(
  trx: Kysely<Tables>,
  { nodeId, accountId, epoch }: OutboxBatch,
  seq: number,
  { count, fromMs, toMs }: EventsLost,
): Promise<void> {
  const node = await trx.selectFrom('nodes').select('name').where('id', '=', nodeId).executeTakeFirst();
  const span = `${new Date(fromMs).toISOString()} – ${new Date(toMs).toISOString()}`;
  await trx
    .insertInto('events')
    .values({
      id: `evt_${nodeId}${epoch}${seq}`.replaceAll(/[^A-Za-z0-9_]/gu, ''),
      accountId,
      atMs: toMs,
      kind: 'events.lost',
      severity: 'warning',
      subject: nodeId,
      label: node?.name ?? nodeId,
      detail: `${count} · ${span}`,
    })
    .onConflict((c) => c.column('id').doNothing())
    .execute();
}

async function isOurs(trx: Kysely<Tables>, accountId: AccountId, meetingId: MeetingId): Promise<boolean> {
  const meeting = await trx
    .selectFrom('meetings')
    .select('accountId')
    .where('id', '=', meetingId)
    .executeTakeFirst();
  if (meeting) return meeting.accountId === accountId;
  // A meeting deleted while it ran: the rest of its run is still history.
  return (await openRun(trx, meetingId))?.accountId === accountId;
}

async function end(
  trx: Kysely<Tables>,
  run: Run | undefined,
  { atMs, reason }: Extract<MeetingEvent, { kind: 'meeting.ended' }>,
): Promise<boolean> {
  // A meeting that moved goes on elsewhere.
  if (!run || reason === 'moved') return false;
  const isOver = await closeRun(trx, run, { atMs, reason, leaveReason: 'ended' });
  await logRun(trx, run, { kind: 'meeting.ended', atMs, severity: 'info', more: reason });
  return isOver;
}

async function leave(
  trx: Kysely<Tables>,
  run: Run | undefined,
  { atMs, participantId, reason }: Extract<MeetingEvent, { kind: 'participant.left' }>,
): Promise<void> {
  if (!run) return;
  await trx
    .updateTable('runParticipants')
    .set({ leftAtMs: atMs, leaveReason: reason })
    .where('runId', '=', run.id)
    .where('participantId', '=', participantId)
    .execute();
}
