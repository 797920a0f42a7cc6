import {
  covers,
  fromCheckpoint,
  fromHandover,
  including,
  newMeeting,
  type Included,
  type MeetingCheckpoint,
  type MeetingState,
} from '@guildhall/domain';
import type { OpenOrder } from '../types.ts';
import type { LiveMeeting, MeetingTimings } from './live-meeting.ts';

/** Which copy of its meeting this one is, and which others it holds the facts of. */
export class Lineage {
  #epoch: number;
  #includes: readonly Included[];

  constructor({ epoch, checkpoint, checkpointEpoch }: OpenOrder) {
    this.#epoch = epoch;
    const from =
      checkpoint && checkpointEpoch !== undefined ? [{ epoch: checkpointEpoch, rev: checkpoint.rev }] : [];
    this.#includes = including(checkpoint?.includes ?? [], from);
  }

  get epoch(): number {
    return this.#epoch;
  }

  /** A newer order for what is open already: another copy from now on, with all of the one before. False for an older. */
  raise(epoch: number, rev: number): boolean {
    if (epoch <= this.#epoch) return false;
    this.#includes = including(this.#includes, [{ epoch: this.#epoch, rev }]);
    this.#epoch = epoch;
    return true;
  }

  knows(other: Included, rev: number): boolean {
    return covers({ epoch: this.#epoch, rev, includes: this.#includes }, other);
  }

  take(other: Included, checkpoint: MeetingCheckpoint): void {
    this.#includes = including(this.#includes, checkpoint.includes ?? [], [other]);
  }

  mark(checkpoint: MeetingCheckpoint): MeetingCheckpoint {
    // Absent rather than empty: a controller of before does not know the word.
    return this.#includes.length === 0 ? checkpoint : { ...checkpoint, includes: [...this.#includes] };
  }
}

/** What the meeting is when it is opened: new, as a checkpoint left it, or as a router that lives hands it over. */
export const firstState = (
  { meeting, checkpoint, live }: OpenOrder,
  nowMs: number,
  timings: MeetingTimings,
): MeetingState => {
  if (!checkpoint) return newMeeting(meeting, nowMs, timings);
  const { emptyGraceMs, restoreGraceMs: graceMs } = timings;
  const times = { nowMs, graceMs, emptyGraceMs };
  return live ? fromHandover(checkpoint, live, times) : fromCheckpoint(checkpoint, times);
};

/**
 * Another copy gave way to this one: what was decided there holds here. Does nothing a second time.
 * @returns when a controller has stored it. @throws meeting.not-stored, link.closed when the meeting moved on
 */
export const mergeCopy = async (
  meeting: LiveMeeting,
  other: Included,
  checkpoint: MeetingCheckpoint,
): Promise<void> => {
  const { lineage, meetingId, deps } = meeting;
  await meeting.inTurn(() => {
    if (meeting.state.ended !== null || lineage.knows(other, meeting.rev)) return;
    meeting.decide({ kind: 'merge', checkpoint });
    lineage.take(other, checkpoint);
    const facts = { meetingId, epoch: lineage.epoch, merged: other.epoch };
    deps.logger.info(facts, 'two copies of a meeting were merged');
    deps.zone.loadChanged();
  });
  if (meeting.state.ended === null) await meeting.storeAnew();
};
