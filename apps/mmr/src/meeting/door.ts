import { personOf, waitingFor, waitingOf, type ParticipantId } from '@guildhall/domain';
import type { HelloAnswer, SeatClaims } from '@guildhall/protocol';
import type { MeetingPeer, Resume } from '../types.ts';
import { MeetingAttendance } from './attendance.ts';
import type { Attendee } from './attendee.ts';
import { joinedAnswer, linkClosed, lobbyAnswer, takePlace, type Reply } from './house.ts';
import type { LiveMeeting } from './live-meeting.ts';
import { refuseWhileOverloaded } from './turned-away.ts';

/** Lets somebody in, back in, or into the lobby. @throws the refusals of `hello` */
export const comeIn = async (
  meeting: LiveMeeting,
  { participantId, subject, name, role }: SeatClaims,
  peer: MeetingPeer,
  resume: Resume | undefined,
  reply: Reply,
): Promise<HelloAnswer> => {
  const { attendee, answer } = await meeting.inTurn(() => {
    // Its browser has given up meanwhile and may be here by a newer link, which this one must not push out.
    if (peer.isClosed) throw linkClosed();
    assertRoomFor(meeting, participantId);
    meeting.decide({ kind: 'join', person: { participantId, subject, name, role } });
    meeting.branches.release(participantId);
    const { attendee: one, running } = takePlace(meeting, participantId, peer, resume);
    const waiting = waitingOf(meeting.state, participantId);
    if (waiting) {
      one.state = 'lobby';
      const { spec } = meeting.state;
      const place = { role: waiting.role, topic: spec.topic, waitingFor: waitingFor(meeting.state) };
      return { attendee: one, answer: give(meeting, one, peer, reply, lobbyAnswer(meeting, one, place)) };
    }
    if (running) {
      const joined = joinedAnswer(meeting, one, running, resume);
      return { attendee: one, answer: give(meeting, one, peer, reply, joined) };
    }
    one.state = 'arriving';
    // What this participant sent before goes with the transports that are about to be replaced; what it sent to the
    // router of before is about to come.
    if (!meeting.expected?.arrives(participantId)) meeting.decide({ kind: 'tracks.drop', participantId });
    return { attendee: one, answer: undefined };
  });
  return answer ?? arrive(meeting, attendee, peer, resume, reply);
};

/** Whoever has a place here, seen or waiting, may always come back to it. @throws router.overloaded */
const assertRoomFor = (meeting: LiveMeeting, participantId: ParticipantId): void => {
  const { state, deps } = meeting;
  if (personOf(state, participantId) ?? waitingOf(state, participantId)) return;
  refuseWhileOverloaded(deps, (why) => meeting.turnedAway.tell(why));
};

const give = <A extends HelloAnswer>(
  meeting: LiveMeeting,
  attendee: Attendee,
  peer: MeetingPeer,
  reply: Reply,
  answer: A,
): A => {
  reply(answer, new MeetingAttendance(meeting, attendee, peer));
  return answer;
};

const arrive = async (
  meeting: LiveMeeting,
  attendee: Attendee,
  peer: MeetingPeer,
  resume: Resume | undefined,
  reply: Reply,
): Promise<HelloAnswer> => {
  const { participantId } = attendee;
  try {
    const media = await meeting.media.start(participantId);
    return await meeting.inTurn(() => {
      if (attendee.peer !== peer || peer.isClosed) throw linkClosed();
      // A client that resumes knows the meeting up to its rev even when its media has to begin anew.
      const answer = joinedAnswer(meeting, attendee, media, resume);
      attendee.state = 'joined';
      return give(meeting, attendee, peer, reply, answer);
    });
  } catch (error) {
    if (attendee.release(peer)) meeting.lost(participantId);
    throw error;
  }
};
