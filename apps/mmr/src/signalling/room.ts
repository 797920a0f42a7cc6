import type { MeetingId, ParticipantId } from '@guildhall/domain';
import { GuildhallError } from '@guildhall/rpc';

/** The zone hears of everybody who came within a tenth of that, and sends whoever asks again elsewhere. */
const retryAfterMs = 1_000;

interface Person {
  readonly meetingId: MeetingId;
  readonly participantId: ParticipantId;
}

export interface RoomOptions {
  /** People this router may hold, as the policy of the zone says. */
  readonly limit: () => number;
  /** Who has a place on this router, in a meeting or its lobby. */
  readonly taken: () => number;
  /** Whether this person is in that meeting or its lobby, through whichever router. */
  readonly hasPlace: (meetingId: MeetingId, participantId: ParticipantId) => boolean;
}

/**
 * The last judge over the seats of this router. Each controller counts whom it has sent here itself, so two of them may
 * together give out more seats than there are; nobody comes in by that. Who is in the meeting already may always come:
 * after a router died its people are let in where there is no room, rather than sent out of their meeting.
 */
export class Room {
  readonly #options: RoomOptions;
  /** On their way in; counted until their meeting counts them. */
  readonly #coming = new Set<Person>();

  constructor(options: RoomOptions) {
    this.#options = options;
  }

  /** Lets somebody in by `enter`, if there is a seat. @throws router.overloaded, and what `enter` does */
  async with<T>(person: Person, enter: () => Promise<T>): Promise<T> {
    const { limit, taken, hasPlace } = this.#options;
    const isNew = ({ meetingId, participantId }: Person): boolean => !hasPlace(meetingId, participantId);
    if (!isNew(person)) return enter();
    const coming = Array.from(this.#coming).filter(isNew).length;
    if (taken() + coming >= limit()) {
      const sentence = `All ${limit()} seats of this multimedia router are taken. Try again: the zone may have one on another.`;
      throw new GuildhallError('router.overloaded', sentence, { retryAfterMs });
    }
    this.#coming.add(person);
    try {
      return await enter();
    } finally {
      this.#coming.delete(person);
    }
  }
}
