import { may, type ParticipantId, type Roster } from '@guildhall/domain';
import type { Clock } from '@guildhall/kit';
import type { NoRoom } from '@guildhall/protocol';
import type { Attendee } from './attendee.ts';
import { tellEverybody } from './broadcast.ts';

/** People who are turned away try again every few seconds; hosts are told once in this time. */
const everyMs = 30_000;

interface Told {
  readonly state: Roster;
  readonly attendees: ReadonlyMap<ParticipantId, Attendee>;
  readonly deps: { readonly clock: Clock };
}

/** Somebody found no room in a meeting: those who may do something about it are told, now and then. */
export class TurnedAway {
  readonly #meeting: Told;
  #atMs = -Infinity;

  constructor(meeting: Told) {
    this.#meeting = meeting;
  }

  tell(why: NoRoom): void {
    const { state, attendees, deps } = this.#meeting;
    const nowMs = deps.clock.monotonicMs();
    if (nowMs - this.#atMs < everyMs) return;
    this.#atMs = nowMs;
    const moderators = state.people.filter(({ role }) => may(role, 'see-lobby'));
    const linked = moderators.flatMap(({ participantId }) => attendees.get(participantId) ?? []);
    tellEverybody(linked, 'meeting.turnedAway', { why });
  }
}
