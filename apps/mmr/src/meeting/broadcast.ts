import { may, type AudienceChanges, type MeetingChange, type Roster } from '@guildhall/domain';
import { meetingContract } from '@guildhall/protocol';
import { encodeEvent, type EncodedEvent } from '@guildhall/rpc';
import type { MeetingEventData, MeetingEventName } from '../types.ts';
import type { Attendee } from './attendee.ts';

type Encoded = EncodedEvent<typeof meetingContract, 'a'>;

/** Tells everybody in the meeting a revision. Each audience's message is written once, not once for each listener. */
export const tellChanges = (attendees: Iterable<Attendee>, state: Roster, changes: AudienceChanges): void => {
  const { rev } = state;
  const write = (list: readonly MeetingChange[]): Encoded =>
    encodeEvent(meetingContract, 'a', 'meeting.changed', { rev, changes: [...list] });
  let plain: Encoded | undefined;
  let moderators: Encoded | undefined;
  for (const attendee of attendees) {
    if (attendee.state !== 'joined' || !attendee.peer) continue;
    const person = state.people.find((one) => one.participantId === attendee.participantId);
    if (!person) continue;
    const seesLobby = may(person.role, 'see-lobby') && changes.moderators.length > 0;
    const own = changes.only.get(attendee.participantId);
    const forAudience = seesLobby ? [...changes.all, ...changes.moderators] : changes.all;
    if (own) attendee.tellEncoded(write([...forAudience, ...own]));
    else if (seesLobby) attendee.tellEncoded((moderators ??= write(forAudience)));
    else attendee.tellEncoded((plain ??= write(forAudience)));
  }
};

/** Tells everybody in the meeting the same. */
export const tellEverybody = <K extends MeetingEventName>(
  attendees: Iterable<Attendee>,
  name: K,
  data: MeetingEventData<K>,
): void => {
  let encoded: Encoded | undefined;
  for (const attendee of attendees) {
    if (attendee.state !== 'joined' || !attendee.peer) continue;
    attendee.tellEncoded((encoded ??= encodeEvent(meetingContract, 'a', name, data)));
  }
};
