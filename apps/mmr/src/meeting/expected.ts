import {
  personOf,
  type MediaSource,
  type MeetingLive,
  type ParticipantId,
  type TrackId,
} from '@guildhall/domain';
import type { LiveMeeting } from './live-meeting.ts';

/** How long those whom the router of before had are given to come here and to send what they sent there. */
const expectedWithinMs = 8_000;

/**
 * Who and what is on its way to this router with a meeting that moved here. The roster shows them all along; what does
 * not come in time is taken out as it would be after a lost connection.
 */
export class Expected {
  readonly #meeting: LiveMeeting;
  /** By participant and track: whether it was muted at the router of before. */
  readonly #tracks = new Map<ParticipantId, Map<TrackId, boolean>>();

  constructor(meeting: LiveMeeting, live: MeetingLive) {
    this.#meeting = meeting;
    for (const { participantId, presence, tracks } of live.people) {
      if (presence !== 'connected') continue;
      this.#tracks.set(participantId, new Map(tracks.map(({ trackId, muted }) => [trackId, muted])));
    }
    meeting.deps.clock.setTimeout(() => this.#giveUp(), expectedWithinMs);
  }

  /** Whether this participant comes for the first time, and the tracks in the roster are those it is about to send. */
  arrives(participantId: ParticipantId): boolean {
    return this.#tracks.has(participantId) && !this.#meeting.media.running(participantId);
  }

  /** The track is here: whether it was muted before; undefined when it was not expected. */
  take(participantId: ParticipantId, trackId: TrackId): boolean | undefined {
    const tracks = this.#tracks.get(participantId);
    const wasMuted = tracks?.get(trackId);
    tracks?.delete(trackId);
    return wasMuted;
  }

  /** What was expected and is not sent as it was: a browser that set up anew sends this source under another id. */
  replaced(participantId: ParticipantId, source: MediaSource, trackId: TrackId): readonly TrackId[] {
    const expected = this.#tracks.get(participantId);
    const shown = personOf(this.#meeting.state, participantId)?.tracks ?? [];
    return shown
      .filter((one) => one.source === source && one.trackId !== trackId && expected?.has(one.trackId))
      .filter((one) => !this.#meeting.media.sends(participantId, one.trackId))
      .map((one) => one.trackId);
  }

  #giveUp(): void {
    const { attendees, branches, media, state } = this.#meeting;
    if (state.ended !== null) return;
    for (const [participantId, tracks] of this.#tracks) {
      // Came through a branch, which sends what it sent.
      if (branches.holds(participantId)) continue;
      for (const trackId of tracks.keys()) {
        if (media.sends(participantId, trackId)) continue;
        this.#meeting.runLater({ kind: 'track.remove', participantId, trackId });
      }
      if (!attendees.get(participantId)?.peer) this.#meeting.lost(participantId);
    }
    this.#tracks.clear();
  }
}
