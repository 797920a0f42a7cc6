import type { BranchCommand, ParticipantId, ParticipantView, TrackId } from '@guildhall/domain';
import type { MeetingMediaPort } from '../types.ts';

interface BranchTracks {
  readonly media: Pick<MeetingMediaPort, 'sends' | 'setMuted'>;
  /** People behind the branch. */
  readonly isHere: (participantId: ParticipantId) => boolean;
  readonly ask: (command: BranchCommand) => void;
}

/**
 * After the link was gone: what was muted or stopped meanwhile, and what people go on sending that a next owner, which
 * opened the meeting from a checkpoint, does not know.
 */
export const alignTracks = (
  before: readonly ParticipantView[],
  now: readonly ParticipantView[],
  { media, isHere, ask }: BranchTracks,
): void => {
  const shown = new Set<TrackId>();
  for (const { participantId, tracks } of now.filter((one) => isHere(one.participantId))) {
    for (const { trackId, muted } of tracks) {
      shown.add(trackId);
      if (media.sends(participantId, trackId)) media.setMuted(participantId, trackId, muted);
      else ask({ kind: 'track.remove', participantId, trackId });
    }
  }
  for (const { participantId, tracks } of before.filter((one) => isHere(one.participantId))) {
    for (const track of tracks) {
      if (shown.has(track.trackId) || !media.sends(participantId, track.trackId)) continue;
      ask({ kind: 'track.add', participantId, track });
    }
  }
};
