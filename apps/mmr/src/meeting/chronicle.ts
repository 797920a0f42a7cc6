import type { LeaveReason, MeetingId, ParticipantId, Role } from '@guildhall/domain';
import type { Clock } from '@guildhall/kit';
import type { ZonePort } from '../types.ts';

interface ChronicleDeps {
  readonly zone: Pick<ZonePort, 'history'>;
  readonly clock: Pick<Clock, 'now'>;
}

/** What the history of a meeting says of its people, written for the portal. */
export class Chronicle {
  readonly #meetingId: MeetingId;
  readonly #deps: ChronicleDeps;

  constructor(meetingId: MeetingId, deps: ChronicleDeps) {
    this.#meetingId = meetingId;
    this.#deps = deps;
  }

  started(atMs: number): void {
    this.#deps.zone.history({ kind: 'meeting.started', meetingId: this.#meetingId, atMs });
  }

  joined(person: {
    readonly participantId: ParticipantId;
    readonly name: string;
    readonly role: Role;
  }): void {
    const { participantId, name, role } = person;
    this.#deps.zone.history({ kind: 'participant.joined', ...this.#now(), participantId, name, role });
  }

  left(participantId: ParticipantId, reason: LeaveReason): void {
    this.#deps.zone.history({ kind: 'participant.left', ...this.#now(), participantId, reason });
  }

  #now(): { meetingId: MeetingId; atMs: number } {
    return { meetingId: this.#meetingId, atMs: this.#deps.clock.now() };
  }
}
