import type { BranchCommand, ParticipantId, ParticipantView, TrackId } from '@guildhall/domain';
import type { BranchOpened, MeetingMediaPort } from '../types.ts';
import type { BranchMeeting } from './branch-meeting.ts';
import { admit } from './house.ts';

// What has to be made up for when the link of a branch to its owner was gone and is back.

/** What became meanwhile of those behind the branch. */
export const alignPeople = (branch: BranchMeeting, people: BranchOpened['people']): void => {
  for (const { participantId, outcome } of people) {
    const attendee = branch.attendees.get(participantId);
    if (!attendee) continue;
    if (outcome === 'removed') attendee.tell('you.removed', {});
    if (outcome === 'removed' || outcome === 'gone') {
      branch.letGo(participantId, outcome === 'removed' ? 4403 : 4503);
    } else if (outcome === 'joined' && attendee.state === 'lobby') admit(branch, participantId);
    // Gone and come back to the lobby, as it were: the browser begins anew.
    else if (outcome === 'lobby' && attendee.state !== 'lobby') branch.letGo(participantId, 4503);
  }
};

interface BranchTracks {
  readonly media: Pick<MeetingMediaPort, 'sends' | 'setMuted'>;
  /** People behind the branch. */
  readonly isHere: (participantId: ParticipantId) => boolean;
  readonly ask: (command: BranchCommand) => void;
}

/**
 * What was muted or stopped meanwhile, and what people go on sending that a next owner, which
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
