import {
  personOf,
  viewFor,
  waitingFor,
  waitingOf,
  type MeetingView,
  type ParticipantId,
} from '@guildhall/domain';
import type { HelloAnswer, MediaOffer, SeatClaims } from '@guildhall/protocol';
import { GuildhallError } from '@guildhall/rpc';
import type { Attendance, MeetingPeer, Resume } from '../types.ts';
import { MeetingAttendance } from './attendance.ts';
import { Attendee } from './attendee.ts';
import type { LiveMeeting } from './live-meeting.ts';

type Reply = (answer: HelloAnswer, attendance: Attendance) => void;
type Joined = Extract<HelloAnswer, { state: 'joined' }>;

/** Lets somebody in, back in, or into the lobby. @throws the refusals of `hello` */
export const comeIn = async (
  meeting: LiveMeeting,
  { participantId, subject, name, role }: SeatClaims,
  peer: MeetingPeer,
  resume: Resume | undefined,
  reply: Reply,
): Promise<HelloAnswer> => {
  const { attendee, answer } = await meeting.inTurn(() => {
    meeting.decide({ kind: 'join', person: { participantId, subject, name, role } });
    const known = meeting.attendees.get(participantId);
    const resumes = known?.state === 'joined' && known.sessionId === resume?.sessionId;
    const one = known ?? new Attendee(participantId, '');
    meeting.attendees.set(participantId, one);
    one.take(peer);
    if (!resumes) one.sessionId = newSessionId(meeting);
    const running = resumes ? meeting.media.running(participantId) : undefined;
    if (waitingOf(meeting.state, participantId)) {
      one.state = 'lobby';
      return { attendee: one, answer: give(meeting, one, peer, reply, lobbyAnswer(meeting, one)) };
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
      if (attendee.peer !== peer || peer.isClosed) {
        throw new GuildhallError('link.closed', 'The link was closed, or a newer one took its place.');
      }
      // A client that resumes knows the meeting up to its rev even when its media has to begin anew.
      const answer = joinedAnswer(meeting, attendee, media, resume);
      attendee.state = 'joined';
      return give(meeting, attendee, peer, reply, answer);
    });
  } catch (error) {
    if (attendee.release(peer)) meeting.runLater({ kind: 'lost', participantId });
    throw error;
  }
};

/** After an admission: all that `hello` would have answered. */
export const admit = (meeting: LiveMeeting, participantId: ParticipantId): void => {
  const attendee = meeting.attendees.get(participantId);
  const peer = attendee?.peer;
  if (!attendee || attendee.state !== 'lobby') return;
  attendee.state = 'arriving';
  if (!peer) return;
  const tell = async (): Promise<void> => {
    const media = await meeting.media.start(participantId);
    await meeting.inTurn(() => {
      if (attendee.peer !== peer) return;
      const { rev, snapshot, role } = insideOf(meeting, participantId);
      attendee.tell('lobby.admitted', { rev, snapshot, media, role });
      attendee.state = 'joined';
    });
  };
  tell().catch((error: unknown) => {
    meeting.deps.logger.warn({ err: error, participantId }, 'an admitted participant could not be set up');
    // It dials again, and comes straight in then.
    if (attendee.peer === peer) attendee.close(4503);
  });
};

const lobbyAnswer = (meeting: LiveMeeting, { participantId, sessionId }: Attendee): HelloAnswer => ({
  state: 'lobby',
  sessionId,
  participantId,
  role: waitingOf(meeting.state, participantId)?.role ?? 'guest',
  topic: meeting.state.spec.topic,
  waitingFor: waitingFor(meeting.state),
  serverTimeMs: meeting.deps.clock.now(),
});

const joinedAnswer = (
  meeting: LiveMeeting,
  attendee: Attendee,
  media: MediaOffer,
  resume: Resume | undefined,
): Joined => {
  const { participantId, sessionId } = attendee;
  const { rev, snapshot, role } = insideOf(meeting, participantId);
  const isSame = resume !== undefined && resume.sessionId === sessionId;
  const missed = isSame ? meeting.log.since(resume.rev, meeting.state, participantId) : undefined;
  return {
    state: 'joined',
    sessionId,
    participantId,
    role,
    resumed: attendee.state === 'joined',
    rev,
    snapshot: missed ? null : snapshot,
    missed: missed ?? [],
    media,
    serverTimeMs: meeting.deps.clock.now(),
  };
};

const insideOf = (
  meeting: LiveMeeting,
  participantId: ParticipantId,
): { rev: number; snapshot: MeetingView; role: Joined['role'] } => {
  const { state } = meeting;
  const view = viewFor(state, participantId);
  const person = personOf(state, participantId);
  if (!view || !person) throw new GuildhallError('meeting.ended', 'You are not in this meeting any more.');
  return { rev: state.rev, snapshot: view, role: person.role };
};

const newSessionId = (meeting: LiveMeeting): string =>
  Buffer.from(meeting.deps.random.bytes(24)).toString('base64url');
