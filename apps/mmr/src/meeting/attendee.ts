import type { ParticipantId } from '@guildhall/domain';
import { closeCodes } from '@guildhall/protocol';
import type { EncodedEvent } from '@guildhall/rpc';
import type { meetingContract } from '@guildhall/protocol';
import type { MeetingEventData, MeetingEventName, MeetingPeer } from '../types.ts';

/** One participant's place at the router: which link it speaks through, if any, and what it may hear. */
export class Attendee {
  readonly participantId: ParticipantId;
  sessionId: string;
  /**
   * `arriving`: let in, but its answer is not ready yet, so it hears nothing; the snapshot in the answer holds it all.
   */
  state: 'lobby' | 'arriving' | 'joined' = 'arriving';
  /** What it knows is of another life of the meeting: only a snapshot helps, whatever its revision. */
  isStale = false;
  /** The newest revision its link was told, in an answer or by a change. */
  toldRev = 0;
  /** Its client takes several revisions in one message. */
  takesTogether = false;
  #peer: MeetingPeer | undefined;

  constructor(participantId: ParticipantId, sessionId: string) {
    this.participantId = participantId;
    this.sessionId = sessionId;
  }

  get peer(): MeetingPeer | undefined {
    return this.#peer;
  }

  /** The newest link of a participant wins: the older one is a tab that was forgotten, or a socket that is dead. */
  take(peer: MeetingPeer): void {
    const older = this.#peer;
    this.#peer = peer;
    this.takesTogether = false;
    if (older !== undefined && older !== peer) closePeer(older, 4409);
  }

  /** False when this peer was not the one in use any more. */
  release(peer: MeetingPeer): boolean {
    if (this.#peer !== peer) return false;
    this.#peer = undefined;
    return true;
  }

  /** False when there is no link. */
  tell<K extends MeetingEventName>(name: K, data: MeetingEventData<K>): boolean {
    if (!this.#peer || this.#peer.isClosed) return false;
    this.#peer.emit(name, data);
    return true;
  }

  tellEncoded(event: EncodedEvent<typeof meetingContract, 'a'>): void {
    this.#peer?.emitEncoded(event);
  }

  close(code: keyof typeof closeCodes): void {
    const peer = this.#peer;
    this.#peer = undefined;
    if (peer) closePeer(peer, code);
  }
}

export const closePeer = (peer: MeetingPeer, code: keyof typeof closeCodes): void =>
  peer.close(code, closeCodes[code].name);
