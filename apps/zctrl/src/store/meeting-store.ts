import type { DatabaseSync } from 'node:sqlite';
import { keep, type EndReason, type MeetingCheckpoint, type MeetingId } from '@guildhall/domain';
import type { Clock, Logger } from '@guildhall/kit';
import { EndReasonSchema, MeetingCheckpointSchema, MeetingIdSchema } from '@guildhall/protocol';
import { GuildhallError } from '@guildhall/rpc';
import { z } from 'zod';
import type { MeetingStorePort, StoredCopy, StoredEnd, StoredMeeting } from '../types.ts';
import { Leftovers } from './leftovers.ts';
import type { Outbox } from './outbox.ts';
import { stored, transaction } from './sql.ts';

/** Rows of meetings that are over are kept this long: a token to come back lives a day, an epoch is asked for later. */
const keptAfterEndMs = 30 * 24 * 3_600_000;

const EpochRow = z.object({ epoch: z.int() });
const CheckpointRow = z.object({
  checkpoint: z.string().nullable(),
  checkpoint_epoch: z.int().nullable(),
  checkpoint_rev: z.int().nullable(),
});
const SinceRow = z.object({
  meeting_id: MeetingIdSchema,
  end_epoch: z.int(),
  end_reason: EndReasonSchema,
  touched_at_ms: z.int(),
});
const OpenRow = z.object({ meeting_id: MeetingIdSchema, epoch: z.int(), checkpoint: z.string() });
const VersionRow = z.object({
  epoch: z.int(),
  end_epoch: z.int().nullable(),
  checkpoint_epoch: z.int().nullable(),
  checkpoint_rev: z.int().nullable(),
});
const EndRow = z.object({
  epoch: z.int(),
  end_epoch: z.int().nullable(),
  end_reason: EndReasonSchema.nullable(),
  ended_on_purpose_at_ms: z.int().nullable(),
});

interface Waiting {
  readonly input: StoredCopy;
  readonly done: PromiseWithResolvers<void>;
}

/** Epochs, checkpoints and ends of meetings, on disk. */
export class MeetingStore implements MeetingStorePort {
  readonly #database: DatabaseSync;
  readonly #outbox: Outbox;
  readonly #clock: Clock;
  readonly #logger: Logger;
  readonly #sql: ReturnType<typeof prepare>;
  readonly #leftovers: Leftovers;
  readonly #leftoverWatchers = new Set<(meetingId: MeetingId) => void>();
  #waiting: Waiting[] = [];

  constructor(options: { database: DatabaseSync; outbox: Outbox; clock: Clock; logger: Logger }) {
    this.#database = options.database;
    this.#outbox = options.outbox;
    this.#clock = options.clock;
    this.#logger = options.logger;
    this.#sql = prepare(options.database);
    this.#leftovers = new Leftovers(options.database);
    const before = options.clock.now() - keptAfterEndMs;
    options.database
      .prepare('DELETE FROM meetings WHERE checkpoint IS NULL AND touched_at_ms < ?')
      .run(before);
  }

  epochOf(meetingId: MeetingId): number {
    const row = stored(() => this.#sql.epoch.get(meetingId));
    return row === undefined ? 0 : EpochRow.parse(row).epoch;
  }

  raiseEpoch(meetingId: MeetingId, epoch: number): void {
    // Most reports bring nothing new, and a write costs a flush to the disk.
    if (this.epochOf(meetingId) >= epoch) return;
    stored(() => this.#sql.raise.run(meetingId, epoch, this.#clock.now()));
  }

  checkpointOf(meetingId: MeetingId): MeetingCheckpoint | null {
    return this.latestOf(meetingId)?.checkpoint ?? null;
  }

  latestOf(meetingId: MeetingId): StoredCopy | null {
    return this.#currentOf(meetingId) ?? this.leftoversOf(meetingId).at(-1) ?? null;
  }

  leftoversOf(meetingId: MeetingId): readonly StoredCopy[] {
    return this.#leftovers.of(meetingId).flatMap(({ epoch, rev, json }) => {
      const checkpoint = this.#read(meetingId, json);
      return checkpoint ? [{ meetingId, epoch, rev, checkpoint }] : [];
    });
  }

  openMeetings(): readonly StoredMeeting[] {
    const rows = stored(() => this.#sql.open.all()).map((row) => OpenRow.parse(row));
    const known = new Set(rows.map(({ meeting_id: meetingId }) => meetingId));
    const others = this.#leftovers.meetings().filter((meetingId) => !known.has(meetingId));
    return [
      ...rows.map(({ meeting_id: meetingId, epoch, checkpoint }) => {
        return { meetingId, epoch, checkpoint: this.#read(meetingId, checkpoint) };
      }),
      ...others.map((meetingId) => {
        return { meetingId, epoch: this.epochOf(meetingId), checkpoint: this.checkpointOf(meetingId) };
      }),
    ];
  }

  /** What the other controller may not have: of each open meeting what is known of it. */
  copiesOf(meetingId: MeetingId): readonly StoredCopy[] {
    const current = this.#currentOf(meetingId);
    return [...this.leftoversOf(meetingId), ...(current ? [current] : [])];
  }

  endsSince(sinceMs: number): readonly StoredEnd[] {
    return stored(() => this.#sql.endsSince.all(sinceMs)).map((row) => {
      const {
        meeting_id: meetingId,
        end_epoch: epoch,
        end_reason: reason,
        touched_at_ms: atMs,
      } = SinceRow.parse(row);
      return { meetingId, epoch, reason, atMs };
    });
  }

  onLeftover(callback: (meetingId: MeetingId) => void): () => void {
    this.#leftoverWatchers.add(callback);
    return () => this.#leftoverWatchers.delete(callback);
  }

  /**
   * Checkpoints that arrive in one turn of the event loop share one transaction: a hundred meetings of one router
   * then cost one flush to the disk and not a hundred.
   * @throws GuildhallError `zone.stale-epoch` for a router that lost the meeting, `store.unavailable`
   */
  putCheckpoint(input: StoredCopy): Promise<void> {
    const done = Promise.withResolvers<void>();
    this.#waiting.push({ input, done });
    if (this.#waiting.length === 1) setImmediate(() => this.#flush());
    return done.promise;
  }

  endMeeting(input: StoredEnd): void {
    this.#end(input, { isTold: false, onPurposeAtMs: this.#clock.now() });
  }

  endToldMeeting(input: StoredEnd): void {
    if (input.epoch < this.epochOf(input.meetingId)) return;
    this.#end(input, { isTold: true, onPurposeAtMs: input.atMs });
  }

  #end(input: StoredEnd, how: { isTold: boolean; onPurposeAtMs: number }): void {
    const { meetingId, epoch, reason, atMs } = input;
    const known = this.#versionOf(meetingId);
    if (known && epoch < known.epoch) throw staleEpoch(meetingId);
    if (known?.end_epoch !== null && known?.end_epoch !== undefined && known.end_epoch >= epoch) return;
    const isOnPurpose = reason === 'ended-by-host' || reason === 'ended-by-portal';
    const onPurposeAtMs = isOnPurpose ? how.onPurposeAtMs : null;
    const events = how.isTold ? [] : [{ kind: 'meeting.ended', meetingId, atMs, reason } as const];
    this.#outbox.storeWith(events, () => {
      this.#sql.end.run({ meetingId, epoch, reason, onPurposeAtMs, nowMs: this.#clock.now() });
      this.#leftovers.clear(meetingId);
      return true;
    });
  }

  endOf(meetingId: MeetingId): { epoch: number; reason: EndReason } | null {
    const row = stored(() => this.#sql.ends.get(meetingId));
    if (row === undefined) return null;
    const { epoch, end_epoch: endEpoch, end_reason: reason } = EndRow.parse(row);
    if (endEpoch === null || reason === null || endEpoch < epoch) return null;
    return { epoch: endEpoch, reason };
  }

  endedOnPurposeAtMs(meetingId: MeetingId): number | null {
    const row = stored(() => this.#sql.ends.get(meetingId));
    return row === undefined ? null : EndRow.parse(row).ended_on_purpose_at_ms;
  }

  /** Writes what is waiting. Idempotent. */
  close(): void {
    this.#flush();
  }

  #flush(): void {
    const batch = this.#waiting;
    this.#waiting = [];
    if (batch.length === 0) return;
    const refused = new Map<Waiting, GuildhallError>();
    try {
      transaction(this.#database, () => {
        for (const waiting of batch) {
          const refusal = this.#putOne(waiting.input);
          if (refusal) refused.set(waiting, refusal);
        }
      });
    } catch (error) {
      for (const { done } of batch) done.reject(error);
      return;
    }
    for (const { input } of batch) {
      if (!this.#leftovers.has(input.meetingId)) continue;
      for (const watcher of this.#leftoverWatchers) watcher(input.meetingId);
    }
    for (const waiting of batch) {
      const refusal = refused.get(waiting);
      if (refusal) waiting.done.reject(refusal);
      else waiting.done.resolve();
    }
  }

  #putOne(input: StoredCopy): GuildhallError | undefined {
    const { meetingId, epoch, rev, checkpoint } = input;
    const known = this.#versionOf(meetingId);
    // The meeting ended while this was on its way; there is nothing left to restore.
    if (known && known.end_epoch !== null && known.end_epoch >= epoch) return undefined;
    const isUsual = known?.epoch === epoch && known.checkpoint_epoch === epoch;
    if (isUsual && !this.#leftovers.has(meetingId)) {
      // A repeat may bring what was merged meanwhile, an older one brings nothing.
      if (known.checkpoint_rev === null || rev >= known.checkpoint_rev) this.#write(input);
      return undefined;
    }
    const current = this.#currentOf(meetingId);
    const leftovers = this.leftoversOf(meetingId);
    const before = { current: current && copyOf(current), leftovers: leftovers.map(copyOf) };
    const { kept, isStale } = keep(before, copyOf({ meetingId, epoch, rev, checkpoint }), known?.epoch ?? 0);
    if (kept.current && kept.current !== before.current) this.#write(kept.current.copy);
    this.#leftovers.replace(
      meetingId,
      kept.leftovers.map((one) => ({ ...one, json: JSON.stringify(one.copy.checkpoint) })),
    );
    return isStale ? staleEpoch(meetingId) : undefined;
  }

  #write({ meetingId, epoch, rev, checkpoint }: StoredCopy): void {
    const json = JSON.stringify(checkpoint);
    this.#sql.put.run({ meetingId, epoch, rev, json, nowMs: this.#clock.now() });
  }

  #currentOf(meetingId: MeetingId): StoredCopy | null {
    const row = stored(() => this.#sql.checkpoint.get(meetingId));
    if (row === undefined) return null;
    const { checkpoint: json, checkpoint_epoch: epoch, checkpoint_rev: rev } = CheckpointRow.parse(row);
    const checkpoint = json === null ? null : this.#read(meetingId, json);
    return checkpoint && epoch !== null && rev !== null ? { meetingId, epoch, rev, checkpoint } : null;
  }

  #versionOf(meetingId: MeetingId): z.output<typeof VersionRow> | undefined {
    const row = stored(() => this.#sql.version.get(meetingId));
    return row === undefined ? undefined : VersionRow.parse(row);
  }

  /** A checkpoint that cannot be read (written by a later version) must not keep its people out of a new meeting. */
  #read(meetingId: MeetingId, json: string): MeetingCheckpoint | null {
    const read = MeetingCheckpointSchema.safeParse(JSON.parse(json));
    if (read.success) return read.data;
    this.#logger.error({ meetingId, issue: read.error.issues[0]?.message }, 'a checkpoint cannot be read');
    return null;
  }
}

const copyOf = (copy: StoredCopy) => ({
  epoch: copy.epoch,
  rev: copy.rev,
  includes: copy.checkpoint.includes ?? [],
  copy,
});

function prepare(database: DatabaseSync) {
  return {
    epoch: database.prepare('SELECT epoch FROM meetings WHERE meeting_id = ?'),
    raise: database.prepare(
      `INSERT INTO meetings (meeting_id, epoch, touched_at_ms) VALUES (?, ?, ?)
       ON CONFLICT (meeting_id) DO UPDATE SET
         epoch = max(epoch, excluded.epoch), touched_at_ms = excluded.touched_at_ms`,
    ),
    checkpoint: database.prepare(
      'SELECT checkpoint, checkpoint_epoch, checkpoint_rev FROM meetings WHERE meeting_id = ?',
    ),
    endsSince: database.prepare(
      `SELECT meeting_id, end_epoch, end_reason, touched_at_ms FROM meetings
       WHERE end_epoch >= epoch AND end_reason IS NOT NULL AND touched_at_ms >= ?`,
    ),
    open: database.prepare('SELECT meeting_id, epoch, checkpoint FROM meetings WHERE checkpoint IS NOT NULL'),
    version: database.prepare(
      'SELECT epoch, end_epoch, checkpoint_epoch, checkpoint_rev FROM meetings WHERE meeting_id = ?',
    ),
    put: database.prepare(
      `INSERT INTO meetings (meeting_id, epoch, checkpoint_epoch, checkpoint_rev, checkpoint, touched_at_ms)
       VALUES ($meetingId, $epoch, $epoch, $rev, $json, $nowMs)
       ON CONFLICT (meeting_id) DO UPDATE SET
         epoch = max(epoch, excluded.epoch), checkpoint_epoch = excluded.checkpoint_epoch,
         checkpoint_rev = excluded.checkpoint_rev, checkpoint = excluded.checkpoint,
         touched_at_ms = excluded.touched_at_ms`,
    ),
    end: database.prepare(
      `INSERT INTO meetings (meeting_id, epoch, end_epoch, end_reason, ended_on_purpose_at_ms, touched_at_ms)
       VALUES ($meetingId, $epoch, $epoch, $reason, $onPurposeAtMs, $nowMs)
       ON CONFLICT (meeting_id) DO UPDATE SET
         epoch = max(epoch, excluded.epoch), end_epoch = excluded.end_epoch, end_reason = excluded.end_reason,
         ended_on_purpose_at_ms = coalesce(excluded.ended_on_purpose_at_ms, ended_on_purpose_at_ms),
         checkpoint = NULL, checkpoint_epoch = NULL, checkpoint_rev = NULL,
         touched_at_ms = excluded.touched_at_ms`,
    ),
    ends: database.prepare(
      'SELECT epoch, end_epoch, end_reason, ended_on_purpose_at_ms FROM meetings WHERE meeting_id = ?',
    ),
  };
}

function staleEpoch(meetingId: MeetingId): GuildhallError {
  const sentence = `The meeting ${meetingId} is open on another router by a newer order.`;
  return new GuildhallError('zone.stale-epoch', sentence);
}
