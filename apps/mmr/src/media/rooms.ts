import type { MeetingId } from '@guildhall/domain';
import type { Clock, Logger } from '@guildhall/kit';
import type { Engine, Room } from '../engine/port.ts';
import { openUntil } from './reopen.ts';

export interface RoomsOptions {
  readonly meetingId: MeetingId;
  readonly engine: Engine;
  readonly clock: Clock;
  readonly logger: Logger;
  /** A room is open: the first, and each after a death. */
  readonly entered: (room: Room) => void;
  /** The worker took everything with it. The next room is on its way. */
  readonly lost: () => void;
  /** The next room is there. */
  readonly restored: () => void;
}

/** The rooms of one meeting, one after another: when a media worker dies, a new one wherever there is a worker. */
export class Rooms {
  readonly #options: RoomsOptions;
  #epoch = 0;
  /** The open room, or the one that is being opened after a death. */
  #room: Promise<Room>;
  #current: Room | undefined;
  #closed = false;

  constructor(options: RoomsOptions) {
    this.#options = options;
    this.#room = this.#open();
  }

  /** @throws media.unavailable, only for the first room */
  get room(): Promise<Room> {
    return this.#room;
  }

  /** Which room it is: counts up from 1. */
  get epoch(): number {
    return this.#epoch;
  }

  /** At once: the same meeting may be opened again in the next moment, and must not find this room. Idempotent. */
  close(): void {
    this.#closed = true;
    this.#current?.close();
  }

  async #open(): Promise<Room> {
    const { engine, meetingId, entered } = this.#options;
    const room = await engine.openRoom({ roomId: meetingId });
    this.#current = room;
    this.#epoch += 1;
    entered(room);
    room.onClose((reason) => {
      if (reason === 'worker-died' && !this.#closed) this.#recover();
    });
    return room;
  }

  #recover(): void {
    const { lost, restored } = this.#options;
    lost();
    const room = openUntil(
      () => this.#open(),
      () => this.#closed,
      this.#options,
    );
    this.#room = room;
    room.then(
      (one) => {
        if (this.#closed) one.close();
        else restored();
      },
      () => undefined,
    );
  }
}
