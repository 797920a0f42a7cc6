import type { RtpCapabilities } from '@guildhall/protocol';
import { audioLevelIdOf, slotParameters } from '../capabilities.ts';
import { Listeners } from '../listeners.ts';
import type { Slot, Tap, Unsubscribe } from '../port.ts';
import { FakeProducer } from './streams.ts';
import type { FakeWorld } from './world.ts';

export class FakeTap implements Tap {
  readonly audioLevelId: number | undefined;
  readonly #producer: FakeProducer;
  readonly #packets: Listeners<Buffer>;
  #closed = false;

  /** @param room whose extension ids the packets carry, as a worker rewrites them */
  constructor(producer: FakeProducer, room: RtpCapabilities, world: FakeWorld) {
    this.#producer = producer;
    this.#packets = new Listeners(world.logger);
    const sent = audioLevelIdOf(producer.rtpParameters);
    this.audioLevelId = sent === undefined ? undefined : audioLevelIdOf(slotParameters(room, 'any', 1));
    producer.taps.add(this);
  }

  get producerId(): string {
    return this.#producer.id;
  }

  get closed(): boolean {
    return this.#closed;
  }

  onPacket(listener: (packet: Buffer) => void): Unsubscribe {
    return this.#packets.add(listener);
  }

  deliver(packet: Buffer): void {
    this.#packets.emit(packet);
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#producer.taps.delete(this);
    this.#packets.clear();
  }
}

export class FakeSlot implements Slot {
  readonly kind = 'audio';
  readonly paused = false;
  readonly layers = { spatial: 1, temporal: 1 } as const;
  readonly ssrc: number;
  readonly payloadType: number;
  readonly producer: FakeProducer;

  constructor(id: string, room: RtpCapabilities, world: FakeWorld, onClosed: () => void) {
    this.ssrc = world.next();
    const rtpParameters = slotParameters(room, id, this.ssrc);
    this.payloadType = rtpParameters.codecs[0]?.payloadType ?? 0;
    const options = { producerId: id, kind: 'audio', source: 'mic', rtpParameters } as const;
    this.producer = new FakeProducer(options, { participantId: '', rtpParameters, world, onClosed });
  }

  get id(): string {
    return this.producer.id;
  }

  get closed(): boolean {
    return this.producer.closed;
  }

  send(packet: Buffer): void {
    this.producer.push(packet);
  }

  close(): void {
    this.producer.close();
  }
}
