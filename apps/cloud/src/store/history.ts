import type { AccountId, MeetingId, NodeId } from '@guildhall/domain';
import type { EventsLost, MeetingEvent, SpooledEvent } from '@guildhall/protocol';
import type { Kysely, Selectable } from 'kysely';
import type { MeetingRunTable, RunParticipantTable, Tables } from './schema.ts';

export interface OutboxBatch {
  readonly nodeId: NodeId;
  /** Only meetings of this account are touched, whatever the events name. */
  readonly accountId: AccountId;
  readonly epoch: string;
  readonly events: readonly { readonly seq: number; readonly event: SpooledEvent }[];
}

export interface BatchResult {
  /** Everything up to here is stored. */
  readonly ackedSeq: number;
  readonly started: readonly MeetingId[];
  readonly ended: readonly MeetingId[];
  /** Events about meetings that are not the account's. */
  readonly foreign: number;
}

type Run = Selectable<MeetingRunTable>;

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
      for (const { seq, event } of fresh) {
        if (event.kind === 'events.lost') await noteLost(trx, batch, seq, event);
        else if (!(await isOurs(trx, batch.accountId, event.meetingId))) foreign++;
        else if (event.kind === 'meeting.started') {
          if (await this.#start(trx, batch.accountId, event)) {
            started.add(event.meetingId);
            ended.delete(event.meetingId);
          }
        } else if (event.kind === 'meeting.ended') {
          if (await end(trx, event)) {
            ended.add(event.meetingId);
            started.delete(event.meetingId);
          }
        } else if (event.kind === 'participant.joined') await this.#join(trx, batch.accountId, event);
        else await leave(trx, event);
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

  /** False when a run goes on already: a meeting reopened on another router is the same run. */
  async #start(
    trx: Kysely<Tables>,
    accountId: AccountId,
    event: { readonly meetingId: MeetingId; readonly atMs: number },
  ): Promise<boolean> {
    if (await openRun(trx, event.meetingId)) return false;
    // The other controller of the zone told it, and the end too.
    if (await runAt(trx, event)) return false;
    await this.#openNew(trx, accountId, event.meetingId, event.atMs);
    return true;
  }

  async #openNew(
    trx: Kysely<Tables>,
    accountId: AccountId,
    meetingId: MeetingId,
    startedAtMs: number,
  ): Promise<string> {
    const id = this.#newRunId();
    await trx
      .insertInto('meetingRuns')
      .values({ id, meetingId, accountId, startedAtMs, endedAtMs: null, endReason: null })
      .execute();
    await trx
      .updateTable('meetings')
      .set({ isRunning: 1, startedAtMs, endedAtMs: null, endReason: null })
      .where('id', '=', meetingId)
      .execute();
    return id;
  }

  async #join(
    trx: Kysely<Tables>,
    accountId: AccountId,
    event: Extract<MeetingEvent, { kind: 'participant.joined' }>,
  ): Promise<void> {
    const run = await openRun(trx, event.meetingId);
    const past = await runAt(trx, event);
    if (past && (!run || event.atMs < run.startedAtMs)) {
      const { endedAtMs: leftAtMs } = past;
      await trx
        .insertInto('runParticipants')
        .values({ ...personOf(event), runId: past.id, leftAtMs, leaveReason: 'ended' })
        .onConflict((c) => c.columns(['runId', 'participantId']).doNothing())
        .execute();
      return;
    }
    const runId = run?.id ?? (await this.#openNew(trx, accountId, event.meetingId, event.atMs));
    const { name, role } = event;
    await trx
      .insertInto('runParticipants')
      .values({ ...personOf(event), runId, leftAtMs: null, leaveReason: null })
      .onConflict((c) =>
        c.columns(['runId', 'participantId']).doUpdateSet({ name, role, leftAtMs: null, leaveReason: null }),
      )
      .execute();
  }
}

const personOf = ({
  participantId,
  name,
  role,
  atMs: joinedAtMs,
}: Extract<MeetingEvent, { kind: 'participant.joined' }>) => ({ participantId, name, role, joinedAtMs });

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

function openRun(trx: Kysely<Tables>, meetingId: MeetingId): Promise<Run | undefined> {
  return trx
    .selectFrom('meetingRuns')
    .selectAll()
    .where('meetingId', '=', meetingId)
    .where('endedAtMs', 'is', null)
    .orderBy('startedAtMs', 'desc')
    .executeTakeFirst();
}

/**
 * The run that was going on then and has ended since. Both controllers of a zone have an outbox, and one of them may have
 * been cut off from us for hours: what it tells then is about the past.
 */
function runAt(
  trx: Kysely<Tables>,
  { meetingId, atMs }: { readonly meetingId: MeetingId; readonly atMs: number },
): Promise<Run | undefined> {
  return trx
    .selectFrom('meetingRuns')
    .selectAll()
    .where('meetingId', '=', meetingId)
    .where('startedAtMs', '<=', atMs)
    .where('endedAtMs', '>=', atMs)
    .orderBy('startedAtMs', 'desc')
    .executeTakeFirst();
}

async function end(
  trx: Kysely<Tables>,
  { meetingId, atMs, reason }: Extract<MeetingEvent, { kind: 'meeting.ended' }>,
): Promise<boolean> {
  const run = await openRun(trx, meetingId);
  // A meeting that moved goes on elsewhere.
  if (!run || reason === 'moved') return false;
  // Of a run before this one, told a second time.
  if (atMs < run.startedAtMs && (await runAt(trx, { meetingId, atMs }))) return false;
  await trx
    .updateTable('meetingRuns')
    .set({ endedAtMs: atMs, endReason: reason })
    .where('id', '=', run.id)
    .execute();
  await trx
    .updateTable('runParticipants')
    .set({ leftAtMs: atMs, leaveReason: 'ended' })
    .where('runId', '=', run.id)
    .where('leftAtMs', 'is', null)
    .execute();
  await trx
    .updateTable('meetings')
    .set({ isRunning: 0, endedAtMs: atMs, endReason: reason })
    .where('id', '=', meetingId)
    .execute();
  return true;
}

async function leave(
  trx: Kysely<Tables>,
  { meetingId, atMs, participantId, reason }: Extract<MeetingEvent, { kind: 'participant.left' }>,
): Promise<void> {
  const open = await openRun(trx, meetingId);
  const run = open && atMs >= open.startedAtMs ? open : await runAt(trx, { meetingId, atMs });
  if (!run) return;
  await trx
    .updateTable('runParticipants')
    .set({ leftAtMs: atMs, leaveReason: reason })
    .where('runId', '=', run.id)
    .where('participantId', '=', participantId)
    .execute();
}
