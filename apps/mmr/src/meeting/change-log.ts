import type { AudienceChanges, MeetingChange, ParticipantId, Roster } from '@guildhall/domain';
import { changesFor } from '@guildhall/domain';
import type { LoggedChanges } from '../types.ts';

/** Revisions kept for who comes back; at three changes a second more than five minutes. */
const capacity = 1_000;

/** The newest revisions of a meeting, so that a short interruption costs only what was missed. */
export class ChangeLog {
  #entries: LoggedChanges[] = [];

  /** Another life of the meeting begins: its revisions are counted on from a checkpoint. */
  restart(): void {
    this.#entries = [];
  }

  add(rev: number, changes: AudienceChanges): void {
    this.#entries.push({ rev, changes });
    // Cut in lumps: shifting a long array for each change would cost more than the memory.
    if (this.#entries.length >= 2 * capacity) this.#entries = this.#entries.slice(-capacity);
  }

  /**
   * What this participant missed after `rev`; undefined when it cannot be told from here and a snapshot is due: too long
   * ago, a revision of another life of the meeting, or its rights changed in between.
   */
  since(
    rev: number,
    state: Roster,
    participantId: ParticipantId,
  ): { rev: number; changes: MeetingChange[] }[] | undefined {
    const missed = this.after(rev, state.rev);
    if (!missed) return undefined;
    if (missed.some(({ changes }) => changes.only.has(participantId))) return undefined;
    return missed.map((entry) => ({
      rev: entry.rev,
      changes: [...changesFor(state, entry.changes, participantId)],
    }));
  }
  /** Every revision after `rev` up to `now`, for all audiences; undefined when they are not all here. */
  after(rev: number, now: number): readonly LoggedChanges[] | undefined {
    if (rev === now) return [];
    const missed = this.#entries.filter((entry) => entry.rev > rev).slice(-capacity);
    return missed[0]?.rev === rev + 1 && missed.length === now - rev ? missed : undefined;
  }
}
