import {
  viewAs,
  type MeetingEffect,
  type MeetingView,
  type ParticipantId,
  type Role,
  type Roster,
} from '@guildhall/domain';
import type { Clock, Logger, Random } from '@guildhall/kit';
import type { HelloAnswer, MediaOffer } from '@guildhall/protocol';
import { GuildhallError } from '@guildhall/rpc';
import type { Attendance, MediaListener, MeetingMediaPort, MeetingPeer, Resume } from '../types.ts';
import { Attendee } from './attendee.ts';
import { tellEverybody } from './broadcast.ts';
import type { ChangeLog } from './change-log.ts';

export type Reply = (answer: HelloAnswer, attendance: Attendance) => void;

export type Joined = Extract<HelloAnswer, { state: 'joined' }>;

/** A place where people of a meeting are linked: the meeting itself, or a branch of one that another router owns. */
export interface House {
  readonly attendees: Map<ParticipantId, Attendee>;
  readonly log: ChangeLog;
  readonly media: MeetingMediaPort;
  readonly roster: Roster;
  /** Everything anybody may see. */
  readonly whole: MeetingView;
  readonly deps: { readonly clock: Clock; readonly random: Random; readonly logger: Logger };
  /** After what is under way. */
  inTurn<T>(task: () => T): Promise<T>;
}

/** After an admission: all that `hello` would have answered. */
export const admit = (house: House, participantId: ParticipantId): void => {
  const attendee = house.attendees.get(participantId);
  const peer = attendee?.peer;
  if (!attendee || attendee.state !== 'lobby') return;
  attendee.state = 'arriving';
  if (!peer) return;
  const tell = async (): Promise<void> => {
    const media = await house.media.start(participantId);
    await house.inTurn(() => {
      if (attendee.peer !== peer) return;
      const { rev, snapshot, role } = insideOf(house, participantId);
      attendee.tell('lobby.admitted', { rev, snapshot, media, role });
      attendee.toldRev = rev;
      attendee.state = 'joined';
    });
  };
  tell().catch((error: unknown) => {
    house.deps.logger.warn({ err: error, participantId }, 'an admitted participant could not be set up');
    // It dials again, and comes straight in then.
    if (attendee.peer === peer) attendee.close(4503);
  });
};

/** The place of somebody who was let in, spoken for by this link from now on; with what of its media goes on. */
export const takePlace = (
  house: House,
  participantId: ParticipantId,
  peer: MeetingPeer,
  resume: Resume | undefined,
): { attendee: Attendee; running: MediaOffer | undefined } => {
  const known = house.attendees.get(participantId);
  const resumes = known?.state === 'joined' && known.sessionId === resume?.sessionId;
  const attendee = known ?? new Attendee(participantId, '');
  house.attendees.set(participantId, attendee);
  attendee.take(peer);
  if (!resumes) attendee.sessionId = newSessionId(house);
  return { attendee, running: resumes ? house.media.running(participantId) : undefined };
};

export const lobbyAnswer = (
  house: Pick<House, 'deps'>,
  { participantId, sessionId }: Attendee,
  place: Pick<Extract<HelloAnswer, { state: 'lobby' }>, 'role' | 'topic' | 'waitingFor'>,
): HelloAnswer => ({
  state: 'lobby',
  sessionId,
  participantId,
  ...place,
  serverTimeMs: house.deps.clock.now(),
});

export const joinedAnswer = (
  house: House,
  attendee: Attendee,
  media: MediaOffer,
  resume: Resume | undefined,
): Joined => {
  const { participantId, sessionId } = attendee;
  const { rev, snapshot, role } = insideOf(house, participantId);
  const isSame = resume !== undefined && resume.sessionId === sessionId && !attendee.isStale;
  attendee.isStale = false;
  attendee.toldRev = rev;
  const missed = isSame ? house.log.since(resume.rev, house.roster, participantId) : undefined;
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
    serverTimeMs: house.deps.clock.now(),
  };
};

/** What somebody who is in the meeting may see of it now. */
export const insideOf = (
  { roster, whole }: Pick<House, 'roster' | 'whole'>,
  participantId: ParticipantId,
): { rev: number; snapshot: MeetingView; role: Role } => {
  const person = roster.people.find((one) => one.participantId === participantId);
  if (!person) throw new GuildhallError('meeting.ended', 'You are not in this meeting any more.');
  return { rev: roster.rev, snapshot: viewAs(whole, person.role), role: person.role };
};

/** Says why a place is gone. @returns the code to close the link with */
export const tellGone = (
  attendee: Attendee | undefined,
  reason: Extract<MeetingEffect, { kind: 'gone' }>['reason'],
): 4403 | 4411 => {
  if (reason === 'removed') attendee?.tell('you.removed', {});
  if (reason === 'refused') attendee?.tell('lobby.refused', {});
  return reason === 'removed' || reason === 'refused' ? 4403 : 4411;
};

export const tellWaitingFor = (
  { attendees }: Pick<House, 'attendees'>,
  waitingFor: Extract<MeetingEffect, { kind: 'waiting-for' }>['waitingFor'],
): void => {
  for (const attendee of attendees.values()) {
    if (attendee.state === 'lobby') attendee.tell('lobby.waitingFor', { waitingFor });
  }
};

/** How media reaches those who are linked to a house. */
export const mediaTellers = (house: House): Pick<MediaListener, 'tell' | 'tellAll' | 'restored'> => ({
  tell: (participantId, name, data) => {
    const attendee = house.attendees.get(participantId);
    return attendee?.state === 'joined' && attendee.tell(name, data);
  },
  tellAll: (name, data) => tellEverybody(house.attendees.values(), name, data),
  restored: () => {
    for (const attendee of house.attendees.values()) void restartMedia(house, attendee);
  },
});

/** A hello that came too late: its browser is gone, or here by a newer link. */
export const linkClosed = (): GuildhallError =>
  new GuildhallError('link.closed', 'The link was closed, or a newer one took its place.');

/** After the death of the media worker: new transports for who is here; who comes back later gets them then. */
const restartMedia = async (house: House, attendee: Attendee): Promise<void> => {
  const { participantId, peer } = attendee;
  if (attendee.state !== 'joined' || !peer) return;
  try {
    const media = await house.media.start(participantId);
    if (attendee.peer === peer) attendee.tell('media.reset', { media });
  } catch (error) {
    // Dead again, or replaced: whoever did that starts anew by itself.
    house.deps.logger.debug({ err: error, participantId }, 'media could not be restarted');
  }
};

const newSessionId = ({ deps }: Pick<House, 'deps'>): string =>
  Buffer.from(deps.random.bytes(24)).toString('base64url');
