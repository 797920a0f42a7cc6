import { checkProducerId } from '../checks.ts';
import { idTaken, limitReached, roomClosed, unknownProducer } from '../errors.ts';
import { Listeners } from '../listeners.ts';
import type { Room, RoomCloseReason, Speaker, TransportOptions, Unsubscribe } from '../port.ts';
import { fakeCapabilities } from './capabilities.ts';
import { FakePipe } from './pipe.ts';
import { FakeSlot, FakeTap } from './direct.ts';
import type { FakeProducer } from './streams.ts';
import { FakeTransport } from './transport.ts';
import type { FakeWorld } from './world.ts';

export class FakeRoom implements Room {
  readonly roomId: string;
  readonly workerId: string;
  readonly rtpCapabilities = fakeCapabilities();
  readonly transports = new Set<FakeTransport>();
  readonly pipes = new Set<FakePipe>();
  readonly producers = new Map<string, FakeProducer>();
  readonly #slots = new Set<FakeSlot>();
  readonly #world: FakeWorld;
  readonly #speakers: Listeners<readonly Speaker[]>;
  readonly #dominant: Listeners<{ readonly producerId: string }>;
  readonly #close: Listeners<RoomCloseReason>;
  #dominantId: string | undefined;
  #closed = false;

  constructor(roomId: string, workerId: string, world: FakeWorld) {
    this.roomId = roomId;
    this.workerId = workerId;
    this.#world = world;
    this.#speakers = new Listeners(world.logger);
    this.#dominant = new Listeners(world.logger);
    this.#close = new Listeners(world.logger);
  }

  get closed(): boolean {
    return this.#closed;
  }

  async createTransport(options: TransportOptions): Promise<FakeTransport> {
    if (this.#closed) throw roomClosed(this.roomId);
    const { transportsPerParticipant } = this.#world.limits;
    const own = Array.from(this.transports).filter(
      ({ participantId }) => participantId === options.participantId,
    );
    if (own.length >= transportsPerParticipant)
      throw limitReached('transports of one participant', transportsPerParticipant);
    const transport = new FakeTransport(options, this, this.#world, () => this.transports.delete(transport));
    this.transports.add(transport);
    return transport;
  }

  async createPipe(): Promise<FakePipe> {
    if (this.#closed) throw roomClosed(this.roomId);
    const pipe = new FakePipe(this, this.#world, () => this.pipes.delete(pipe));
    this.pipes.add(pipe);
    return pipe;
  }

  async tap(producerId: string): Promise<FakeTap> {
    if (this.#closed) throw roomClosed(this.roomId);
    const producer = this.producers.get(producerId);
    if (producer?.kind !== 'audio') throw unknownProducer(producerId);
    return new FakeTap(producer, this.rtpCapabilities, this.#world);
  }

  async createSlot(id: string): Promise<FakeSlot> {
    if (this.#closed) throw roomClosed(this.roomId);
    if (this.producers.has(checkProducerId(id))) throw idTaken();
    const slot = new FakeSlot(id, this.rtpCapabilities, this.#world, () => {
      this.producers.delete(id);
      this.#slots.delete(slot);
    });
    this.producers.set(id, slot.producer);
    this.#slots.add(slot);
    return slot;
  }

  onSpeakers(listener: (speakers: readonly Speaker[]) => void): Unsubscribe {
    return this.#speakers.add(listener);
  }

  onDominantSpeaker(listener: (speaker: { readonly producerId: string }) => void): Unsubscribe {
    return this.#dominant.add(listener);
  }

  onClose(listener: (reason: RoomCloseReason) => void): Unsubscribe {
    return this.#close.add(listener);
  }

  /** For tests: these are heard now. Streams that are paused, gone or not audio are not. */
  speak(speakers: readonly Speaker[]): void {
    if (this.#closed) return;
    const heard = speakers
      .filter(({ producerId }) => {
        const producer = this.producers.get(producerId);
        return producer?.kind === 'audio' && !producer.paused;
      })
      .toSorted((a, b) => b.volumeDb - a.volumeDb);
    this.#speakers.emit(heard);
    const loudest = heard[0]?.producerId;
    if (loudest === undefined || loudest === this.#dominantId) return;
    this.#dominantId = loudest;
    this.#dominant.emit({ producerId: loudest });
  }

  close(): void {
    this.closeBecause('closed');
  }

  closeBecause(reason: RoomCloseReason): void {
    if (this.#closed) return;
    this.#closed = true;
    // All consumers before any producer: the end of a room is one event, not one for each stream.
    const transports = Array.from(this.transports);
    for (const { consumers } of transports) for (const consumer of Array.from(consumers)) consumer.close();
    for (const transport of transports) transport.close();
    for (const pipe of Array.from(this.pipes)) pipe.close();
    for (const slot of Array.from(this.#slots)) slot.close();
    this.#speakers.clear();
    this.#dominant.clear();
    this.#close.emit(reason);
    this.#close.clear();
  }
}
