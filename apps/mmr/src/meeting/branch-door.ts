import {
  isBranchCommand,
  type ChatLineId,
  type MeetingCommand,
  type MeetingView,
  type ParticipantId,
  type TrackId,
} from '@guildhall/domain';
import type { HelloAnswer, SeatClaims } from '@guildhall/protocol';
import { GuildhallError } from '@guildhall/rpc';
import type { Attendance, MeetingMediaPort, MeetingPeer, ProduceRequest, Resume } from '../types.ts';
import type { Attendee } from './attendee.ts';
import type { BranchMeeting } from './branch-meeting.ts';
import { insideOf, joinedAnswer, linkClosed, lobbyAnswer, takePlace, type Reply } from './house.ts';
import { refuseWhileOverloaded } from './turned-away.ts';

/** Lets somebody in through a branch; the owner of the meeting decides. @throws the refusals of `hello` */
export const comeIntoBranch = async (
  branch: BranchMeeting,
  { participantId, subject, name, role }: SeatClaims,
  peer: MeetingPeer,
  resume: Resume | undefined,
  reply: Reply,
): Promise<HelloAnswer> => {
  const person = { participantId, subject, name, role };
  assertRoomFor(branch, participantId);
  const settled = begin(branch, participantId);
  const entered = await branch.uplink.enter(person).catch((error: unknown) => {
    settled();
    if (branch.attendees.has(participantId)) tellLost(branch, participantId);
    throw error;
  });
  settled();
  // Its browser has given up meanwhile and may be here by a newer link, which this one must not push out.
  if (peer.isClosed) {
    tellLost(branch, participantId);
    throw linkClosed();
  }
  branch.arrivals.set(participantId, person);
  const { attendee, running } = takePlace(branch, participantId, peer, resume);
  branch.linksChanged(participantId);
  const give = <A extends HelloAnswer>(answer: A): A => {
    reply(answer, new BranchAttendance(branch, attendee, peer));
    return answer;
  };
  if (entered.state === 'lobby') {
    attendee.state = 'lobby';
    const { waitingFor, role: waitsAs } = entered;
    return give(lobbyAnswer(branch, attendee, { role: waitsAs, topic: branch.whole.topic, waitingFor }));
  }
  if (running) return give(joinedAnswer(branch, attendee, running, resume));
  attendee.state = 'arriving';
  try {
    // What this participant sent before goes with the transports that are about to be replaced.
    const [media] = await Promise.all([
      branch.media.start(participantId),
      branch.uplink.act({ kind: 'tracks.drop', participantId }),
    ]);
    if (attendee.peer !== peer || peer.isClosed) throw linkClosed();
    const answer = joinedAnswer(branch, attendee, media, resume);
    attendee.state = 'joined';
    return give(answer);
  } catch (error) {
    const isInside = branch.whole.participants.some((one) => one.participantId === participantId);
    // Removed while it came in: nobody will tell of it again.
    if (!isInside && branch.attendees.get(participantId) === attendee) branch.letGo(participantId, 4503);
    if (attendee.release(peer)) tellLost(branch, participantId);
    throw error;
  }
};

/** Whoever has a place in the meeting, seen or waiting, here or at another router, may come. @throws router.overloaded */
const assertRoomFor = ({ whole, deps, uplink }: BranchMeeting, participantId: ParticipantId): void => {
  if ([...whole.participants, ...whole.lobby].some((one) => one.participantId === participantId)) return;
  refuseWhileOverloaded(deps, (why) => uplink.turnedAway(why));
};

/** From now on until it is called back, the loss of a link of before is not told: it would count as that of this one. */
const begin = ({ entering }: BranchMeeting, participantId: ParticipantId): (() => void) => {
  entering.set(participantId, (entering.get(participantId) ?? 0) + 1);
  return () => {
    const others = (entering.get(participantId) ?? 1) - 1;
    if (others > 0) entering.set(participantId, others);
    else entering.delete(participantId);
  };
};

/** Unless a link speaks for this participant, or may do so in a moment. */
const tellLost = (branch: BranchMeeting, participantId: ParticipantId): void => {
  if (branch.entering.has(participantId) || branch.attendees.get(participantId)?.peer) return;
  // Should the link be gone, the next opening says who is linked.
  branch.uplink.act({ kind: 'lost', participantId }).catch(() => undefined);
};

/** What one link may do through a branch. */
class BranchAttendance implements Attendance {
  readonly participantId: ParticipantId;
  readonly #branch: BranchMeeting;
  readonly #attendee: Attendee;
  readonly #peer: MeetingPeer;

  constructor(branch: BranchMeeting, attendee: Attendee, peer: MeetingPeer) {
    this.#branch = branch;
    this.#attendee = attendee;
    this.#peer = peer;
    this.participantId = attendee.participantId;
  }

  get state(): Attendance['state'] {
    const isHere = this.#branch.attendees.get(this.participantId) === this.#attendee;
    if (!isHere || this.#attendee.peer !== this.#peer) return 'gone';
    return this.#attendee.state === 'joined' ? 'joined' : 'lobby';
  }

  get media(): MeetingMediaPort {
    return this.#branch.media;
  }

  view(): { rev: number; view: MeetingView } {
    const { rev, snapshot } = insideOf(this.#branch, this.participantId);
    this.#attendee.toldRev = rev;
    return { rev, view: snapshot };
  }

  async act(command: MeetingCommand): Promise<void> {
    if (!isBranchCommand(command)) {
      throw new GuildhallError('meeting.not-allowed', 'This is for the owner of the meeting to decide.');
    }
    await this.#branch.uplink.act(command);
  }

  chat(lineId: ChatLineId, text: string): Promise<{ sentAtMs: number }> {
    return this.#branch.uplink.chat(this.participantId, lineId, text);
  }

  /** Asks the rules, then the engine, then the rules again: what the engine refuses never shows in the roster. */
  async produce(request: ProduceRequest): Promise<void> {
    const { participantId } = this;
    const { trackId, source, muted } = request;
    const track = { trackId, source, muted };
    const { uplink } = this.#branch;
    const planned = await uplink.plan(participantId, track);
    await this.media.produce(participantId, { ...request, ...planned });
    try {
      if (!this.media.sends(participantId, trackId)) {
        const sentence = 'Your transports were replaced; send again on the new ones.';
        throw new GuildhallError('media.unknown-transport', sentence);
      }
      await uplink.act({ kind: 'track.add', participantId, track });
    } catch (error) {
      this.#stopUnlessShown(trackId);
      throw error;
    }
  }

  /** Silence is at once; speaking waits for the rules. */
  async mute(trackId: TrackId, muted: boolean): Promise<void> {
    const { participantId } = this;
    if (muted) this.media.setMuted(participantId, trackId, true);
    await this.#branch.uplink.act({ kind: 'track.mute', participantId, trackId, muted });
    this.media.setMuted(participantId, trackId, muted);
  }

  async stop(trackId: TrackId): Promise<void> {
    const { participantId } = this;
    await this.#branch.uplink.act({ kind: 'track.remove', participantId, trackId });
    this.media.stop(participantId, trackId);
  }

  tellTogether(): void {
    this.#attendee.takesTogether = true;
  }

  moved(): void {
    this.#branch.moved(this.participantId);
  }

  lost(): void {
    if (!this.#attendee.release(this.#peer)) return;
    tellLost(this.#branch, this.participantId);
  }

  #stopUnlessShown(trackId: TrackId): void {
    const { participantId } = this;
    const person = this.#branch.whole.participants.find((one) => one.participantId === participantId);
    if (person?.tracks.some((track) => track.trackId === trackId)) return;
    this.media.stop(participantId, trackId);
  }
}
