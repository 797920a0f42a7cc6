import { toLive, type ParticipantId } from '@guildhall/domain';
import type { Timer } from '@guildhall/kit';
import { GuildhallError, isGuildhallError } from '@guildhall/rpc';
import type { HandedOver } from '../types.ts';
import type { LiveMeeting } from './live-meeting.ts';

/** How long a meeting stands still for a move. The controller is done within milliseconds, or something died. */
const standStillMs = 3_000;
/**
 * How long the media of before is forwarded to those who have not set up at the next router. Two hundred people need some
 * seconds for that on a small machine; usually all are done, and this is closed, within one.
 */
const lingerMs = 15_000;

/**
 * How a meeting leaves this router for another one while people are in it.
 *
 * `here`: this router decides. `still`: it has handed its state over and decides nothing, what is asked waits in the
 * meeting's queue; an order with a newer epoch takes it back to `here`. `away`: another router decides; nothing that
 * waited is done or acknowledged here, its askers ask again there; media is forwarded until everybody has left.
 */
export class Handover {
  readonly #meeting: LiveMeeting;
  #state: 'here' | 'still' | 'away' | 'closed' = 'here';
  /** Ends the turn of the queue that stands still. */
  #release: (() => void) | undefined;
  #timer: Timer | undefined;
  readonly #done = new Set<ParticipantId>();

  constructor(meeting: LiveMeeting) {
    this.#meeting = meeting;
  }

  get isAway(): boolean {
    return this.#state === 'away' || this.#state === 'closed';
  }

  get state(): string {
    return this.#state;
  }

  /** Inside a turn: whether this router may still decide. @throws link.closed, upon which a browser asks the next router */
  assertHere(): void {
    if (this.isAway || this.#meeting.state.ended === 'moved') {
      throw new GuildhallError('link.closed', 'This meeting goes on on another router; ask again there.');
    }
  }

  /**
   * Finishes what is in the queue, stands still and answers the state. @throws meeting.not-here, also when a handover
   * is under way already: of two controllers only one may move it.
   */
  standStill(): Promise<HandedOver> {
    const { promise, resolve, reject } = Promise.withResolvers<HandedOver>();
    void this.#meeting
      .inOwnTurn(() => {
        const { state, epoch } = this.#meeting;
        if (this.#state !== 'here' || state.ended !== null) throw notHere();
        this.#state = 'still';
        const released = Promise.withResolvers<void>();
        this.#release = released.resolve;
        this.#timer = this.#meeting.deps.clock.setTimeout(() => void this.#askWhetherHere(), standStillMs);
        resolve({ epoch, rev: state.rev, checkpoint: this.#meeting.checkpoint(), live: toLive(state) });
        // The turn does not end: nothing behind it in the queue is done before the outcome is known.
        return released.promise;
      })
      .catch(reject);
    return promise;
  }

  /** The controller gave the meeting back. */
  goOn(): void {
    if (this.#state !== 'still') return;
    this.#state = 'here';
    this.#endTurn();
  }

  /** Another router has it. False when it was not standing still, and so knows nothing of what was decided since. */
  leave(): boolean {
    if (this.#state !== 'still') return this.isAway;
    this.#state = 'away';
    const { deps, attendees, branches } = this.#meeting;
    // Before the refusals of what waits: whoever hears those must know already that there is another router.
    for (const attendee of attendees.values()) attendee.tell('meeting.moving', {});
    this.#endTurn();
    // The zone leads the branches to the next router; their people stay where they are.
    branches.close();
    this.#meeting.letGo();
    this.#timer = deps.clock.setTimeout(() => this.close(), lingerMs);
    this.look();
    return true;
  }

  /** This browser has all it needs from the next router. */
  done(participantId: ParticipantId): void {
    this.#done.add(participantId);
    this.look();
  }

  /** Closes when nobody is left who needs this router. */
  look(): void {
    if (this.#state !== 'away') return;
    for (const { participantId, peer } of this.#meeting.attendees.values()) {
      if (peer && !peer.isClosed && !this.#done.has(participantId)) return;
    }
    this.close();
  }

  /** Sends away whoever is still here. Does nothing unless the meeting has moved. Idempotent. */
  close(): void {
    if (this.#state !== 'away') return;
    this.#state = 'closed';
    this.#timer?.cancel();
    for (const attendee of this.#meeting.attendees.values()) {
      attendee.tell('meeting.ended', { reason: 'moved' });
      attendee.close(4503);
    }
    this.#meeting.departed();
  }

  #endTurn(): void {
    this.#timer?.cancel();
    this.#release?.();
    this.#release = undefined;
  }

  /**
   * No word from the controller. Whether another router was told to open the meeting is on the disk of the zone: the
   * epoch is raised there before the order, and a checkpoint with an older one is refused.
   */
  async #askWhetherHere(): Promise<void> {
    const { deps } = this.#meeting;
    try {
      await this.#meeting.storeAnew();
    } catch (error) {
      if (this.#state !== 'still') return;
      // Without a controller nobody can send people elsewhere, so they are all here and the meeting must go on. What
      // it decides now is not acknowledged as safe, and a controller that comes back decides who owns it.
      const why = isGuildhallError(error) ? error.code : 'internal';
      deps.logger.warn({ meetingId: this.#meeting.meetingId, why }, 'a move was not finished; going on here');
    }
    this.goOn();
  }
}

const notHere = (): GuildhallError =>
  new GuildhallError(
    'meeting.not-here',
    'This meeting is not open on this router, or it is on the way to another one. Join again through the zone controller.',
  );
