import {
  personOf,
  viewFor,
  type ChatLineId,
  type MeetingCommand,
  type MeetingView,
  type ParticipantId,
  type TrackId,
  type TrackView,
} from '@guildhall/domain';
import { GuildhallError } from '@guildhall/rpc';
import type { Attendance, MeetingMediaPort, MeetingPeer, ProduceRequest } from '../types.ts';
import type { Attendee } from './attendee.ts';
import type { LiveMeeting } from './live-meeting.ts';

/**
 * Everybody sees the line at once. Its author is answered when a controller has it, and repeats it until then: what was
 * seen is not lost with this router. @throws the refusal of the rules, link.closed
 */
export const say = async (
  meeting: LiveMeeting,
  line: { readonly by: ParticipantId; readonly lineId: ChatLineId; readonly text: string },
): Promise<{ sentAtMs: number }> => {
  const { zone, clock } = meeting.deps;
  const sentAtMs = await meeting.inTurn(() => {
    meeting.decide({ kind: 'chat', ...line });
    return meeting.state.chat.find((one) => one.lineId === line.lineId)?.sentAtMs ?? clock.now();
  });
  if (meeting.state.ended === null) await zone.kept(meeting);
  return { sentAtMs };
};

/** Only inside a turn: whether a track would begin muted. @throws the refusal of the rules, if it is not allowed */
export const planned = (
  meeting: LiveMeeting,
  participantId: ParticipantId,
  track: TrackView,
): { muted: boolean } => {
  const { state } = meeting.ask({ kind: 'track.add', participantId, track });
  const shown = personOf(state, participantId)?.tracks.find((one) => one.trackId === track.trackId);
  return { muted: shown?.muted ?? track.muted };
};

/** What one link may do in the meeting it was let into. */
export class MeetingAttendance implements Attendance {
  readonly participantId: ParticipantId;
  readonly #meeting: LiveMeeting;
  readonly #attendee: Attendee;
  readonly #peer: MeetingPeer;

  constructor(meeting: LiveMeeting, attendee: Attendee, peer: MeetingPeer) {
    this.#meeting = meeting;
    this.#attendee = attendee;
    this.#peer = peer;
    this.participantId = attendee.participantId;
  }

  get state(): Attendance['state'] {
    const isHere = this.#meeting.attendees.get(this.participantId) === this.#attendee;
    if (!isHere || this.#attendee.peer !== this.#peer) return 'gone';
    return this.#attendee.state === 'joined' ? 'joined' : 'lobby';
  }

  get media(): MeetingMediaPort {
    return this.#meeting.media;
  }

  view(): { rev: number; view: MeetingView } {
    const { state } = this.#meeting;
    const view = viewFor(state, this.participantId);
    if (!view) throw waiting();
    this.#attendee.toldRev = state.rev;
    return { rev: state.rev, view };
  }

  act(command: MeetingCommand): Promise<void> {
    return this.#meeting.run(command);
  }

  chat(lineId: ChatLineId, text: string): Promise<{ sentAtMs: number }> {
    return say(this.#meeting, { by: this.participantId, lineId, text });
  }

  /** Asks the rules, then the engine, then the rules again: what the engine refuses never shows in the roster. */
  async produce(request: ProduceRequest): Promise<void> {
    const { participantId } = this;
    const { trackId, source, muted } = request;
    const command = { kind: 'track.add', participantId, track: { trackId, source, muted } } as const;
    const toProduce = await this.#meeting.inTurn(() => {
      for (const old of this.#meeting.expected?.replaced(participantId, source, trackId) ?? []) {
        this.#meeting.decide({ kind: 'track.remove', participantId, trackId: old });
      }
      const wasMuted = this.#meeting.expected?.take(participantId, trackId);
      const shown = personOf(this.#meeting.state, participantId)?.tracks.find(
        (one) => one.trackId === trackId,
      );
      // It came along from the router of before. What its owner says now is newer, unless a host muted it here.
      if (wasMuted !== undefined && shown?.muted === wasMuted && wasMuted !== muted) {
        this.#meeting.decide({ kind: 'track.mute', participantId, trackId, muted });
      }
      return { ...request, ...planned(this.#meeting, participantId, command.track) };
    });
    await this.media.produce(participantId, toProduce);
    await this.#meeting.inTurn(() => {
      try {
        if (!this.media.sends(participantId, trackId)) throw replaced();
        this.#meeting.decide(command);
      } catch (error) {
        this.#stopUnlessShown(trackId);
        throw error;
      }
    });
  }

  async mute(trackId: TrackId, muted: boolean): Promise<void> {
    const { participantId } = this;
    await this.#meeting.inTurn(() => {
      this.#meeting.decide({ kind: 'track.mute', participantId, trackId, muted });
      this.media.setMuted(participantId, trackId, muted);
    });
  }

  async stop(trackId: TrackId): Promise<void> {
    const { participantId } = this;
    await this.#meeting.inTurn(() => {
      this.#meeting.decide({ kind: 'track.remove', participantId, trackId });
      this.media.stop(participantId, trackId);
    });
  }

  lost(): void {
    if (!this.#attendee.release(this.#peer)) return;
    this.#meeting.lost(this.participantId);
    this.#meeting.handover.look();
  }

  tellTogether(): void {
    this.#attendee.takesTogether = true;
  }

  moved(): void {
    this.#meeting.handover.done(this.participantId);
  }

  #stopUnlessShown(trackId: TrackId): void {
    const { participantId } = this;
    const person = personOf(this.#meeting.state, participantId);
    if (person?.tracks.some((track) => track.trackId === trackId)) return;
    this.media.stop(participantId, trackId);
  }
}

const waiting = (): GuildhallError =>
  new GuildhallError('meeting.waiting', 'You are in the lobby. This is possible once the host admits you.');

const replaced = (): GuildhallError =>
  new GuildhallError('media.unknown-transport', 'Your transports were replaced; send again on the new ones.');
