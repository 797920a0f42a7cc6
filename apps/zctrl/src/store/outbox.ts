import type { DatabaseSync } from 'node:sqlite';
import type { Clock, Logger } from '@guildhall/kit';
import { MeetingEvent } from '@guildhall/protocol';
import { z } from 'zod';
import type { OutboxPort } from '../types.ts';
import { Facts } from './facts.ts';
import { stored, transaction } from './sql.ts';

/** A repeat of a batch comes within seconds; a day covers a router that was paused. */
const batchesKeptMs = 24 * 3_600_000;
/** When the outbox is full, this share of it goes at once, so that not every further event pays for a sweep. */
const sweepShare = 0.02;

const Row = z.object({ seq: z.int(), event: z.string() });
const Count = z.object({ count: z.int() });

interface OutboxOptions {
  readonly database: DatabaseSync;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Made when the file was; the cloud counts `seq` within it. */
  readonly newEpoch: () => string;
  /** Events kept while the cloud is away. Default 200,000 (about 60 MB). */
  readonly maxEvents?: number;
}

interface NumberedEvent {
  readonly seq: number;
  readonly event: MeetingEvent;
}

/** Events for the cloud, kept until it has them. */
export class Outbox implements OutboxPort {
  readonly #database: DatabaseSync;
  readonly #clock: Clock;
  readonly #logger: Logger;
  readonly #maxEvents: number;
  readonly #watchers = new Set<() => void>();
  readonly #insert;
  readonly #insertBatch;
  readonly #next;
  readonly #ack;
  readonly #facts: Facts;
  readonly #newEpoch: () => string;
  #epoch: string;
  #sentUpTo: number;
  #size: number;

  constructor(options: OutboxOptions) {
    const { database } = options;
    this.#database = database;
    this.#clock = options.clock;
    this.#logger = options.logger;
    this.#maxEvents = options.maxEvents ?? 200_000;
    this.#insert = database.prepare('INSERT INTO outbox (kind, event) VALUES (?, ?)');
    this.#insertBatch = database.prepare(
      'INSERT INTO outbox_batches (batch_id, at_ms) VALUES (?, ?) ON CONFLICT DO NOTHING',
    );
    this.#next = database.prepare('SELECT seq, event FROM outbox ORDER BY seq LIMIT ?');
    this.#ack = database.prepare('DELETE FROM outbox WHERE seq <= ?');
    this.#size = Count.parse(database.prepare('SELECT count(*) AS count FROM outbox').get()).count;
    this.#newEpoch = options.newEpoch;
    this.#facts = new Facts(database);
    this.#sentUpTo = Number(this.#facts.get('outbox-sent') ?? 0);
    const known = this.#facts.get('outbox-epoch');
    this.#epoch = known ?? options.newEpoch();
    if (known === undefined) this.#facts.set('outbox-epoch', this.#epoch);
    database.prepare('DELETE FROM outbox_batches WHERE at_ms < ?').run(options.clock.now() - batchesKeptMs);
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
    this.storeWith(events, () => this.#insertBatch.run(batchId, this.#clock.now()).changes > 0);
  }

  /**
   * Stores events in one transaction with another change, which may answer false to have nothing stored.
   * @throws GuildhallError `store.unavailable`
   */
  storeWith(events: readonly MeetingEvent[], change: () => boolean): void {
    const sizeBefore = this.#size;
    try {
      const isNew = transaction(this.#database, () => {
        if (!change()) return false;
        this.#append(events);
        return true;
      });
      if (!isNew) return;
    } catch (error) {
      this.#size = sizeBefore;
      throw error;
    }
    for (const watcher of this.#watchers) watcher();
  }

  /** The oldest events, at most `limit`. One this program cannot read (a later version wrote it) is left out. */
  peek(limit: number): { readonly events: readonly NumberedEvent[]; readonly lastSeq: number } {
    const rows = stored(() => this.#next.all(limit)).map((row) => Row.parse(row));
    const events = rows.flatMap(({ seq, event }) => {
      const read = MeetingEvent.safeParse(JSON.parse(event));
      return read.success ? [{ seq, event: read.data }] : [];
    });
    return { events, lastSeq: rows.at(-1)?.seq ?? 0 };
  }

  ack(seq: number): void {
    const { changes } = stored(() => this.#ack.run(seq));
    this.#size = Math.max(0, this.#size - Number(changes));
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

  #append(events: readonly MeetingEvent[]): void {
    const excess = this.#size + events.length - this.#maxEvents;
    if (excess > 0) this.#sweep(excess);
    for (const event of events) this.#insert.run(event.kind, JSON.stringify(event));
    this.#size += events.length;
  }

  /**
   * The disk is bounded: who came and went goes first, oldest first; that a meeting took place is kept as long as it can
   * be. Rejected: refusing new events, which would lose the newest instead of the oldest.
   */
  #sweep(excess: number): void {
    const count = Math.max(excess, Math.ceil(this.#maxEvents * sweepShare));
    const presence = this.#database
      .prepare(
        `DELETE FROM outbox WHERE seq IN
           (SELECT seq FROM outbox WHERE kind LIKE 'participant.%' ORDER BY seq LIMIT ?)`,
      )
      .run(count);
    let dropped = Number(presence.changes);
    if (dropped < count) {
      const rest = this.#database
        .prepare('DELETE FROM outbox WHERE seq IN (SELECT seq FROM outbox ORDER BY seq LIMIT ?)')
        .run(count - dropped);
      dropped += Number(rest.changes);
    }
    this.#size = Math.max(0, this.#size - dropped);
    this.#logger
      .sampled('outbox-sweep', 60_000)
      .warn({ dropped, kept: this.#size }, 'the outbox is full; the oldest events were dropped');
  }
}
