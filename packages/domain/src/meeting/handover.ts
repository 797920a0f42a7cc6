import type { ParticipantId } from '../ids.ts';
import { fromCheckpoint } from './checkpoint.ts';
import type { MeetingState, PersonState } from './state.ts';
import type { MeetingCheckpoint, Presence, TrackView } from './types.ts';

/**
 * What a meeting that moves to another router takes along besides its checkpoint: a move is seen by its people, who are
 * all still there, while a checkpoint is opened after a death, when nobody is. With it the roster on the next router is
 * the roster of before, so that no name blinks and no picture is taken down.
 */
export interface MeetingLive {
  readonly people: readonly {
    readonly participantId: ParticipantId;
    readonly presence: Presence;
    readonly tracks: readonly TrackView[];
  }[];
  readonly refused: readonly ParticipantId[];
  readonly activeSpeaker: ParticipantId | null;
}

/** What of a live meeting a checkpoint leaves out and a move has to take along. */
export const toLive = ({ people, refused, activeSpeaker }: MeetingState): MeetingLive => ({
  people: people.map(({ participantId, presence, tracks }) => ({ participantId, presence, tracks })),
  refused,
  activeSpeaker,
});

/**
 * The meeting as the router of before handed it over. Who was connected there counts as connected here, though their
 * link is still to be made: the router that opens it must look after a moment who really came.
 */
export const fromHandover = (
  checkpoint: MeetingCheckpoint,
  live: MeetingLive,
  times: { readonly nowMs: number; readonly graceMs: number; readonly emptyGraceMs: number },
): MeetingState => {
  const opened = fromCheckpoint(checkpoint, times);
  const known = new Map(live.people.map((one) => [one.participantId, one]));
  const people = opened.people.map((person): PersonState => {
    const before = known.get(person.participantId);
    if (!before) return person;
    const { presence, tracks } = before;
    return { ...person, presence, tracks, goneAtMs: presence === 'connected' ? null : person.goneAtMs };
  });
  const speaks = people.some(({ participantId }) => participantId === live.activeSpeaker);
  return {
    ...opened,
    people,
    refused: live.refused,
    activeSpeaker: speaks ? live.activeSpeaker : null,
  };
};
