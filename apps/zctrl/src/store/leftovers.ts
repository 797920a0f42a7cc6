import type { DatabaseSync } from 'node:sqlite';
import type { MeetingId } from '@guildhall/domain';
import { MeetingIdSchema } from '@guildhall/protocol';
import { z } from 'zod';
import { stored } from './sql.ts';

const Row = z.object({ epoch: z.int(), rev: z.int(), checkpoint: z.string() });
const IdRow = z.object({ meeting_id: MeetingIdSchema });

interface Leftover {
  readonly epoch: number;
  readonly rev: number;
  readonly json: string;
}

/** Copies of meetings whose facts the copy that goes on does not have yet. Nearly always empty. */
export class Leftovers {
  readonly #meetings: Set<MeetingId>;
  readonly #of;
  readonly #clear;
  readonly #insert;

  constructor(database: DatabaseSync) {
    const rows = database.prepare('SELECT DISTINCT meeting_id FROM leftovers').all();
    this.#meetings = new Set(rows.map((row) => IdRow.parse(row).meeting_id));
    this.#of = database.prepare(
      'SELECT epoch, rev, checkpoint FROM leftovers WHERE meeting_id = ? ORDER BY epoch',
    );
    this.#clear = database.prepare('DELETE FROM leftovers WHERE meeting_id = ?');
    this.#insert = database.prepare(
      'INSERT INTO leftovers (meeting_id, epoch, rev, checkpoint) VALUES (?, ?, ?, ?)',
    );
  }

  has(meetingId: MeetingId): boolean {
    return this.#meetings.has(meetingId);
  }

  meetings(): MeetingId[] {
    return [...this.#meetings];
  }

  of(meetingId: MeetingId): readonly Leftover[] {
    if (!this.has(meetingId)) return [];
    return stored(() => this.#of.all(meetingId)).map((row) => {
      const { epoch, rev, checkpoint: json } = Row.parse(row);
      return { epoch, rev, json };
    });
  }

  clear(meetingId: MeetingId): void {
    if (!this.#meetings.delete(meetingId)) return;
    this.#clear.run(meetingId);
  }

  /** Inside the caller's transaction. */
  replace(meetingId: MeetingId, leftovers: readonly Leftover[]): void {
    this.clear(meetingId);
    for (const { epoch, rev, json } of leftovers) this.#insert.run(meetingId, epoch, rev, json);
    if (leftovers.length > 0) this.#meetings.add(meetingId);
  }
}
