import { may, type OverloadCause } from '@guildhall/domain';
import type { Clock } from '@guildhall/kit';
import { errorCodes, type NoRoom } from '@guildhall/protocol';
import { GuildhallError } from '@guildhall/rpc';
import { tellEverybody } from './broadcast.ts';
import type { House } from './house.ts';

/** People who are turned away try again every few seconds; hosts are told once in this time. */
const everyMs = 30_000;
/** A load that falls does so within seconds. */
const retryAfterMs = 5_000;

/** For somebody who has no place in the meeting yet, wherever its people are linked. @throws router.overloaded */
export const refuseWhileOverloaded = (
  { overload }: { readonly overload: () => OverloadCause | null },
  turnedAway: (why: NoRoom) => void,
): void => {
  if (overload() === null) return;
  turnedAway('load');
  throw new GuildhallError('router.overloaded', errorCodes['router.overloaded'].sentence, { retryAfterMs });
};

/** To those linked to this house who may do something about it. */
export const tellModerators = (
  { roster, attendees }: Pick<House, 'roster' | 'attendees'>,
  why: NoRoom,
): void => {
  const moderators = roster.people.filter(({ role }) => may(role, 'see-lobby'));
  const linked = moderators.flatMap(({ participantId }) => attendees.get(participantId) ?? []);
  tellEverybody(linked, 'meeting.turnedAway', { why });
};

interface Told extends Pick<House, 'roster' | 'attendees'> {
  readonly deps: { readonly clock: Clock };
  readonly branches: { turnedAway(why: NoRoom): void };
}

/** Somebody found no room in a meeting: those who may do something about it are told, now and then. */
export class TurnedAway {
  readonly #meeting: Told;
  #atMs = -Infinity;

  constructor(meeting: Told) {
    this.#meeting = meeting;
  }

  tell(why: NoRoom): void {
    const nowMs = this.#meeting.deps.clock.monotonicMs();
    if (nowMs - this.#atMs < everyMs) return;
    this.#atMs = nowMs;
    tellModerators(this.#meeting, why);
    this.#meeting.branches.turnedAway(why);
  }
}
