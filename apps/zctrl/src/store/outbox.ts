import type { DatabaseSync } from 'node:sqlite';
import type { Clock, Logger } from '@guildhall/kit';
import { SpooledEvent, type EventsLost, type MeetingEvent } from '@guildhall/protocol';
import { z } from 'zod';
import type { OutboxPort } from '../types.ts';
import { Facts } from './facts.ts';
import { stored, transaction } from './sql.ts';

/** A repeat of a batch comes within seconds; a day covers a router that was paused. */
const batchesKeptMs = 24 * 3_600_000;
const pruneEveryMs = 3_600_000;
/** When the outbox is full, this share of it goes at once, so that not every further event pays for a sweep. */
const sweepShare = 0.02;

const Row = z.object({ seq: z.int(), event: z.string() });
const Totals = z.object({ count: z.int(), bytes: z.int().nullable() });
const Dropped = z.object({ seq: z.int(), event: z.string() });
const Timed = z.object({ atMs: z.int() });

interface OutboxOptions {
  readonly database: DatabaseSync;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Made when the file was; the cloud counts `seq` within it. */
  readonly newEpoch: () => string;
  /** Events kept while the cloud is away. Default 200,000. */
  readonly maxEvents?: number;
  /** Bytes of their text. Default 64 MiB. */
  readonly maxBytes?: number;
}

interface NumberedEvent {
  readonly seq: number;
  readonly event: SpooledEvent;
}

/** Events for the cloud, kept until it has them. */
export class Outbox implements OutboxPort {
  readonly #database: DatabaseSync;
  readonly #clock: Clock;
  readonly #logger: Logger;
  readonly #maxEvents: number;
  readonly #maxBytes: number;
  readonly #watchers = new Set<() => void>();
  readonly #insert;
  readonly #insertBatch;
  readonly #next;
  readonly #ack;
  readonly #totals;
  readonly #upTo;
  readonly #pruneBatches;
  readonly #facts: Facts;
  readonly #newEpoch: () => string;
  #epoch: string;
  #sentUpTo: number;
  #size: number;
  #bytes: number;
  #prunedAtMs = -Infinity;

  constructor(options: OutboxOptions) {
    const { database } = options;
    this.#database = database;
    this.#clock = options.clock;
    this.#logger = options.logger;
    this.#maxEvents = options.maxEvents ?? 200_000;
    this.#maxBytes = options.maxBytes ?? 64 * 1024 * 1024;
    this.#insert = database.prepare('INSERT INTO outbox (kind, event) VALUES (?, ?)');
    this.#insertBatch = database.prepare(
      'INSERT INTO outbox_batches (batch_id, at_ms) VALUES (?, ?) ON CONFLICT DO NOTHING',
    );
    this.#next = database.prepare('SELECT seq, event FROM outbox ORDER BY seq LIMIT ?');
    this.#ack = database.prepare('DELETE FROM outbox WHERE seq <= ?');
    this.#upTo = database.prepare(
      'SELECT count(*) AS count, sum(length(event)) AS bytes FROM outbox WHERE seq <= ?',
    );
    this.#totals = database.prepare('SELECT count(*) AS count, sum(length(event)) AS bytes FROM outbox');
    ({ size: this.#size, bytes: this.#bytes } = this.#count());
    this.#newEpoch = options.newEpoch;
    this.#facts = new Facts(database);
    this.#sentUpTo = Number(this.#facts.get('outbox-sent') ?? 0);
    const known = this.#facts.get('outbox-epoch');
    this.#epoch = known ?? options.newEpoch();
    if (known === undefined) this.#facts.set('outbox-epoch', this.#epoch);
    this.#pruneBatches = database.prepare('DELETE FROM outbox_batches WHERE at_ms < ?');
  }

  /** Within it a number means one event, for the cloud and for us. */
  get epoch(): string {
    return this.#epoch;
  }

  get sentUpTo(): number {
    return this.#sentUpTo;
  }

  /** Events not acknowledged yet. */
  get size(): number {
    return this.#size;
  }

  put(batchId: string, events: readonly MeetingEvent[]): void {
    this.storeWith(events, () => {
      this.#prune();
      return this.#insertBatch.run(batchId, this.#clock.now()).changes > 0;
    });
  }

  /** With the batches themselves, of which there are none to forget while none comes: a timer would have nothing more to do. */
  #prune(): void {
    const nowMs = this.#clock.now();
    if (nowMs - this.#prunedAtMs < pruneEveryMs) return;
    this.#pruneBatches.run(nowMs - batchesKeptMs);
    this.#prunedAtMs = nowMs;
  }

  /**
   * Stores events in one transaction with another change, which may answer false to have nothing stored.
   * @throws GuildhallError `store.unavailable`
   */
  storeWith(events: readonly MeetingEvent[], change: () => boolean): void {
    const before = { size: this.#size, bytes: this.#bytes };
    try {
      const isNew = transaction(this.#database, () => {
        if (!change()) return false;
        this.#append(events);
        return true;
      });
      if (!isNew) return;
    } catch (error) {
      ({ size: this.#size, bytes: this.#bytes } = before);
      throw error;
    }
    for (const watcher of this.#watchers) watcher();
  }

  /** The oldest events, at most `limit`. One this program cannot read (a later version wrote it) is left out. */
  peek(limit: number): { readonly events: readonly NumberedEvent[]; readonly lastSeq: number } {
    const rows = stored(() => this.#next.all(limit)).map((row) => Row.parse(row));
    const events = rows.flatMap(({ seq, event }) => {
      const read = SpooledEvent.safeParse(JSON.parse(event));
      return read.success ? [{ seq, event: read.data }] : [];
    });
    return { events, lastSeq: rows.at(-1)?.seq ?? 0 };
  }

  ack(seq: number): void {
    const gone = Totals.parse(stored(() => this.#upTo.get(seq)));
    stored(() => this.#ack.run(seq));
    this.#size = Math.max(0, this.#size - gone.count);
    this.#bytes = Math.max(0, this.#bytes - (gone.bytes ?? 0));
  }

  markSent(seq: number): void {
    if (seq <= this.#sentUpTo) return;
    this.#facts.set('outbox-sent', String(seq));
    this.#sentUpTo = seq;
  }

  renewEpoch(): void {
    const epoch = this.#newEpoch();
    this.#facts.set('outbox-epoch', epoch);
    this.#epoch = epoch;
  }

  onEvents(callback: () => void): () => void {
    this.#watchers.add(callback);
    return () => this.#watchers.delete(callback);
  }

  #count(): { size: number; bytes: number } {
    const { count, bytes } = Totals.parse(stored(() => this.#totals.get()));
    return { size: count, bytes: bytes ?? 0 };
  }

  #append(events: readonly MeetingEvent[]): void {
    const texts = events.map((event) => ({ kind: event.kind, text: JSON.stringify(event) }));
    const bytes = texts.reduce((sum, { text }) => sum + text.length, 0);
    while (this.#size + texts.length > this.#maxEvents || this.#bytes + bytes > this.#maxBytes) {
      if (this.#sweep(this.#size + texts.length - this.#maxEvents) === 0) break;
    }
    for (const { kind, text } of texts) this.#insert.run(kind, text);
    this.#size += texts.length;
    this.#bytes += bytes;
  }

  /**
   * The disk is bounded: who came and went goes first, oldest first; that a meeting took place is kept as long as it can
   * be. What went is counted in its place, so that the portal says so. What may be on its way already stays: it could be
   * at the cloud, and would be told as lost. Rejected: refusing new events, which would lose the newest.
   * @returns how many were dropped
   */
  #sweep(excess: number): number {
    const wanted = Math.max(excess, Math.ceil(this.#size * sweepShare), 2);
    const oldest = (what: string, count: number) =>
      this.#database
        .prepare(`SELECT seq, event FROM outbox WHERE seq > ? AND ${what} ORDER BY seq LIMIT ?`)
        .all(this.#sentUpTo, count)
        .map((row) => Dropped.parse(row));
    const dropped = oldest("kind LIKE 'participant.%'", wanted);
    if (dropped.length < wanted) dropped.push(...oldest("kind LIKE 'meeting.%'", wanted - dropped.length));
    if (dropped.length === 0) return 0;
    const remove = this.#database.prepare('DELETE FROM outbox WHERE seq = ?');
    for (const { seq } of dropped) remove.run(seq);
    this.#tellLost(dropped);
    ({ size: this.#size, bytes: this.#bytes } = this.#count());
    this.#logger
      .sampled('outbox-sweep', 60_000)
      .warn(
        { dropped: dropped.length, kept: this.#size },
        'the outbox is full; the oldest events were dropped',
      );
    return dropped.length;
  }

  /** One line for all that was lost in this outage, where the first of it was. */
  #tellLost(dropped: readonly z.output<typeof Dropped>[]): void {
    const times = dropped.map(({ event }) => Timed.parse(JSON.parse(event)).atMs);
    const known = this.#database
      .prepare("SELECT seq, event FROM outbox WHERE seq > ? AND kind = 'events.lost' ORDER BY seq LIMIT 1")
      .get(this.#sentUpTo);
    const before = known === undefined ? undefined : Dropped.parse(known);
    const told = before && SpooledEvent.parse(JSON.parse(before.event));
    const earlier = told?.kind === 'events.lost' ? told : undefined;
    const lost: EventsLost = {
      kind: 'events.lost',
      count: dropped.length + (earlier?.count ?? 0),
      fromMs: Math.min(...times, earlier?.fromMs ?? Infinity),
      toMs: Math.max(...times, earlier?.toMs ?? 0),
    };
    const seq = before?.seq ?? Math.min(...dropped.map((one) => one.seq));
    this.#database
      .prepare(
        `INSERT INTO outbox (seq, kind, event) VALUES (?, 'events.lost', ?)
         ON CONFLICT (seq) DO UPDATE SET event = excluded.event`,
      )
      .run(seq, JSON.stringify(lost));
  }
}
