import { viewAs, type MeetingView, type ParticipantId, type Role, type Roster } from '@guildhall/domain';
import type { Clock, Logger, Random } from '@guildhall/kit';
import type { HelloAnswer, MediaOffer } from '@guildhall/protocol';
import { GuildhallError } from '@guildhall/rpc';
import type { MeetingMediaPort, Resume } from '../types.ts';
import type { Attendee } from './attendee.ts';
import type { ChangeLog } from './change-log.ts';

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
      attendee.state = 'joined';
    });
  };
  tell().catch((error: unknown) => {
    house.deps.logger.warn({ err: error, participantId }, 'an admitted participant could not be set up');
    // It dials again, and comes straight in then.
    if (attendee.peer === peer) attendee.close(4503);
  });
};

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

/** After the death of the media worker: new transports for who is here; who comes back later gets them then. */
export const restartMedia = async (house: House, attendee: Attendee): Promise<void> => {
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

export const newSessionId = ({ deps }: Pick<House, 'deps'>): string =>
  Buffer.from(deps.random.bytes(24)).toString('base64url');
