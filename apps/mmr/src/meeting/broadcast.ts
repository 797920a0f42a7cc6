import { may, type AudienceChanges, type ParticipantId, type Roster } from '@guildhall/domain';
import type { Clock, Timer } from '@guildhall/kit';
import { meetingContract } from '@guildhall/protocol';
import { encodeEvent, type EncodedEvent } from '@guildhall/rpc';
import type { LoggedChanges, MeetingEventData, MeetingEventName } from '../types.ts';
import type { Attendee } from './attendee.ts';
import type { ChangeLog } from './change-log.ts';

type Encoded = EncodedEvent<typeof meetingContract, 'a'>;
type Person = Roster['people'][number];
type Step = MeetingEventData<'meeting.changed'>;

/** With so few people listening every change is told at once. */
const fewPeople = 20;
/** Of a crowd that comes in or leaves, what changed within this is told together: nobody sees the difference. */
const togetherMs = 100;
/** Of the contract, for one message; a revision by itself is never longer. */
const mostChanges = 200;

export interface Listeners {
  readonly attendees: ReadonlyMap<ParticipantId, Attendee>;
  readonly log: ChangeLog;
  readonly roster: Roster;
  readonly deps: { readonly clock: Clock };
}

/**
 * Tells everybody who is linked here what has changed. Each message is written once for all who get the same. When a
 * crowd comes, each arrival is news for everybody, which would be N² messages: then one message brings several revisions.
 * Whatever somebody waits for is told at once, with all that was held back before it.
 */
export class Broadcast {
  readonly #house: Listeners;
  #timer: Timer | undefined;
  #toldAtMs = -Infinity;

  constructor(house: Listeners) {
    this.#house = house;
  }

  /** After a revision that is in the log and in the roster. */
  changed(changes: AudienceChanges): void {
    if (this.#timer && canWait(changes)) return;
    const { attendees, deps } = this.#house;
    const waitMs = this.#toldAtMs + togetherMs - deps.clock.monotonicMs();
    if (attendees.size <= fewPeople || waitMs <= 0 || !canWait(changes)) return this.tell();
    this.#timer = deps.clock.setTimeout(() => this.tell(), waitMs);
  }

  /** Brings everybody up to date now; who cannot be, hears of a gap and asks for the view. */
  tell(): void {
    this.close();
    const { attendees, roster, log, deps } = this.#house;
    this.#toldAtMs = deps.clock.monotonicMs();
    const people = new Map(roster.people.map((person) => [person.participantId, person]));
    const written = new Map<string, readonly Encoded[]>();
    for (const attendee of attendees.values()) {
      if (attendee.state !== 'joined' || !attendee.peer) continue;
      const person = people.get(attendee.participantId);
      if (!person || attendee.toldRev === roster.rev) continue;
      const steps = log.after(attendee.toldRev, roster.rev) ?? [gapBefore(roster.rev)];
      const isAlone = steps.some(({ changes }) => changes.only.has(attendee.participantId));
      const seesLobby = may(person.role, 'see-lobby');
      const key = `${attendee.toldRev} ${seesLobby} ${attendee.takesTogether}`;
      const known = isAlone ? undefined : written.get(key);
      const messages = known ?? write(steps, attendee, person);
      if (!isAlone && !known) written.set(key, messages);
      for (const message of messages) attendee.tellEncoded(message);
      attendee.toldRev = roster.rev;
    }
  }

  /** Forgets what was held back. Idempotent. */
  close(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
  }
}

/** People coming and going: nobody waits for it, and in a crowd it is nearly all there is. */
const canWait = ({ all, moderators, only }: AudienceChanges): boolean =>
  moderators.length === 0 &&
  only.size === 0 &&
  all.every((change) => {
    switch (change.kind) {
      case 'participant.joined':
      case 'participant.left':
      case 'track.added':
      case 'track.removed':
      case 'speaker.changed':
        return true;
      case 'participant.changed':
        return change.name === undefined && change.role === undefined && change.handRaisedAtMs === undefined;
      case 'track.changed':
      case 'lobby.added':
      case 'lobby.removed':
      case 'lobby.replaced':
      case 'chat.added':
      case 'settings.changed':
      case 'lock.changed':
      case 'topic.changed':
        return false;
    }
  });

const gapBefore = (rev: number): LoggedChanges => ({
  rev,
  changes: { all: [], moderators: [], only: new Map() },
});

/** What one listener is told of these revisions, in as few messages as its client takes. */
const write = (steps: readonly LoggedChanges[], attendee: Attendee, { role }: Person): readonly Encoded[] => {
  const seesLobby = may(role, 'see-lobby');
  const told = steps.map(({ rev, changes }) => ({
    rev,
    changes: [
      ...changes.all,
      ...(seesLobby ? changes.moderators : []),
      ...(changes.only.get(attendee.participantId) ?? []),
    ],
  }));
  const messages: Step[] = [];
  for (const { rev, changes } of told) {
    const last = messages.at(-1);
    const fits = last !== undefined && last.changes.length + changes.length <= mostChanges;
    if (!attendee.takesTogether || !fits) messages.push({ rev, changes });
    else messages[messages.length - 1] = joined(last, { rev, changes });
  }
  return messages.map((message) => encodeEvent(meetingContract, 'a', 'meeting.changed', message));
};

const joined = (before: Step, { rev, changes }: Step): Step => ({
  rev,
  changes: [...before.changes, ...changes],
  after: before.after ?? before.rev - 1,
});

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
