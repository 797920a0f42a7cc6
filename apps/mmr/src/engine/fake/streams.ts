import type { MediaSource } from '@guildhall/domain';
import type {
  ConsumerLayers,
  ConsumerParameters,
  ConsumerType,
  MediaKind,
  RtpCapabilities,
  RtpParameters,
} from '@guildhall/protocol';
import {
  checkLayers,
  checkPriority,
  clampLayers,
  isRtx,
  layersOf,
  sameCodec,
  type LayerCount,
} from '../checks.ts';
import { unknownConsumer, unknownProducer } from '../errors.ts';
import { Listeners } from '../listeners.ts';
import type {
  Consumer,
  ConsumerStats,
  ProduceOptions,
  Producer,
  ProducerStats,
  Unsubscribe,
} from '../port.ts';
import type { FakeTap } from './direct.ts';
import type { FakePipeSender } from './pipe.ts';
import { fakeId, later, type FakeWorld } from './world.ts';

const maxScore = 10;

/** The type mediasoup gives: an encoding each is simulcast, temporal layers alone count as SVC. */
const typeOf = ({ spatial, temporal }: LayerCount): ConsumerType => {
  if (spatial > 1) return 'simulcast';
  return temporal > 1 ? 'svc' : 'simple';
};

export class FakeProducer implements Producer {
  readonly id: string;
  readonly participantId: string;
  readonly kind: MediaKind;
  readonly source: MediaSource;
  readonly rtpParameters: RtpParameters;
  readonly layers: LayerCount;
  readonly type: ConsumerType;
  readonly consumers = new Set<FakeConsumer>();
  readonly taps = new Set<FakeTap>();
  /** On pipes. */
  readonly senders = new Set<FakePipeSender>();
  readonly #scores: Listeners<number>;
  readonly #closedListeners = new Set<() => void>();
  #paused: boolean;
  #closed = false;

  constructor(
    options: Pick<ProduceOptions, 'producerId' | 'kind' | 'source' | 'paused'>,
    facts: { participantId: string; rtpParameters: RtpParameters; world: FakeWorld; onClosed: () => void },
  ) {
    this.id = options.producerId;
    this.participantId = facts.participantId;
    this.kind = options.kind;
    this.source = options.source;
    this.rtpParameters = facts.rtpParameters;
    this.layers = layersOf(facts.rtpParameters);
    this.type = typeOf(this.layers);
    this.#paused = options.paused ?? false;
    this.#scores = new Listeners(facts.world.logger);
    this.#closedListeners.add(facts.onClosed);
  }

  get paused(): boolean {
    return this.#paused;
  }

  get closed(): boolean {
    return this.#closed;
  }

  /** For the pipes that carry it. */
  onClosed(listener: () => void): void {
    this.#closedListeners.add(listener);
  }

  async pause(): Promise<void> {
    this.#setPaused(true);
  }

  async resume(): Promise<void> {
    this.#setPaused(false);
  }

  onScore(listener: (score: number) => void): Unsubscribe {
    return this.#scores.add(listener);
  }

  async stats(): Promise<ProducerStats> {
    if (this.#closed) throw unknownProducer(this.id);
    return { packetsReceived: 0, packetsLost: 0, jitterMs: undefined };
  }

  /** For tests: what the worker would say about the quality of what arrives, 0 to 10. */
  emitScore(score: number): void {
    this.#scores.emit(Math.min(maxScore, Math.max(0, score)));
  }

  /** For tests: a packet arrives from the sender. */
  push(packet: Buffer): void {
    if (this.#closed || this.#paused) return;
    // What a tap brings about is too late for the same packet.
    for (const sender of Array.from(this.senders)) sender.deliver(packet);
    for (const tap of Array.from(this.taps)) tap.deliver(Buffer.from(packet));
    for (const consumer of Array.from(this.consumers)) consumer.deliver(packet);
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    for (const listener of this.#closedListeners) listener();
    for (const tap of Array.from(this.taps)) tap.close();
    for (const consumer of Array.from(this.consumers)) later(() => consumer.producerClosed());
  }

  #setPaused(paused: boolean): void {
    if (this.#closed) throw unknownProducer(this.id);
    this.#paused = paused;
    for (const consumer of this.consumers) later(() => consumer.setProducerPaused(paused));
  }
}

/** What the receiver gets: the room's names for those codecs it has, and one stream (mediasoup's `getConsumerRtpParameters`). */
export const consumerParameters = (
  producer: FakeProducer,
  room: RtpCapabilities,
  receiver: RtpCapabilities,
  world: FakeWorld,
): RtpParameters | undefined => {
  const sent = producer.rtpParameters.codecs.filter((codec) => !isRtx(codec));
  const media = room.codecs.filter(
    (codec) =>
      codec.kind === producer.kind &&
      sent.some((other) => sameCodec(codec, other)) &&
      receiver.codecs.some((other) => sameCodec(codec, other)),
  );
  if (media.length === 0) return undefined;
  const repeats = room.codecs.filter(
    (codec) =>
      isRtx(codec) &&
      receiver.codecs.some(isRtx) &&
      media.some(({ preferredPayloadType }) => preferredPayloadType === codec.parameters?.['apt']),
  );
  const { spatial, temporal } = producer.layers;
  return {
    mid: String(world.next()),
    codecs: [...media, ...repeats].map(({ kind: _kind, preferredPayloadType, ...codec }) => ({
      ...codec,
      payloadType: preferredPayloadType,
    })),
    headerExtensions: room.headerExtensions
      .filter(({ kind, direction }) => kind === producer.kind && direction === 'sendrecv')
      .filter(({ uri }) => receiver.headerExtensions.some((other) => other.uri === uri))
      .map(({ uri, preferredId }) => ({ uri, id: preferredId, encrypt: false })),
    encodings: [
      {
        ssrc: 100_000_000 + world.next(),
        ...(producer.type !== 'simple' && { scalabilityMode: `L${spatial}T${temporal}` }),
      },
    ],
    rtcp: { cname: producer.rtpParameters.rtcp?.cname ?? 'fake', reducedSize: true },
  };
};

export class FakeConsumer implements Consumer {
  readonly id: string;
  readonly parameters: ConsumerParameters;
  readonly #producer: FakeProducer;
  readonly #layers: Listeners<ConsumerLayers | undefined>;
  readonly #producerClose: Listeners<void>;
  readonly #onClosed: () => void;
  readonly #packets: Listeners<Buffer>;
  #paused: boolean;
  #producerPaused: boolean;
  #closed = false;
  #preferred: ConsumerLayers | undefined;
  #current: ConsumerLayers | undefined;

  constructor(
    producer: FakeProducer,
    facts: {
      rtpParameters: RtpParameters;
      paused: boolean;
      preferredLayers: ConsumerLayers | undefined;
      world: FakeWorld;
      onClosed: () => void;
    },
  ) {
    this.id = fakeId('con', facts.world);
    this.#producer = producer;
    this.#paused = facts.paused;
    this.#producerPaused = producer.paused;
    this.#layers = new Listeners(facts.world.logger);
    this.#producerClose = new Listeners(facts.world.logger);
    this.#packets = new Listeners(facts.world.logger);
    this.#onClosed = facts.onClosed;
    this.#preferred = this.#possible(facts.preferredLayers ?? { spatial: 3, temporal: 3 });
    this.parameters = {
      consumerId: this.id,
      producerId: producer.id,
      kind: producer.kind,
      type: producer.type,
      rtpParameters: facts.rtpParameters,
      paused: facts.paused,
    };
    producer.consumers.add(this);
    later(() => this.#updateLayers());
  }

  get producerId(): string {
    return this.#producer.id;
  }

  get kind(): MediaKind {
    return this.#producer.kind;
  }

  get type(): ConsumerType {
    return this.#producer.type;
  }

  get paused(): boolean {
    return this.#paused;
  }

  get producerPaused(): boolean {
    return this.#producerPaused;
  }

  get preferredLayers(): ConsumerLayers | undefined {
    return this.#preferred;
  }

  get currentLayers(): ConsumerLayers | undefined {
    return this.#current;
  }

  get closed(): boolean {
    return this.#closed;
  }

  async pause(): Promise<void> {
    this.#assertOpen();
    this.#paused = true;
    later(() => this.#updateLayers());
  }

  async resume(): Promise<void> {
    this.#assertOpen();
    this.#paused = false;
    later(() => this.#updateLayers());
  }

  async setPreferredLayers(layers: ConsumerLayers): Promise<void> {
    this.#assertOpen();
    this.#preferred = this.#possible(checkLayers(layers));
    later(() => this.#updateLayers());
  }

  async setPriority(priority: number): Promise<void> {
    this.#assertOpen();
    checkPriority(priority);
  }

  async requestKeyFrame(): Promise<void> {
    this.#assertOpen();
  }

  onLayersChange(listener: (layers: ConsumerLayers | undefined) => void): Unsubscribe {
    return this.#layers.add(listener);
  }

  onProducerClose(listener: () => void): Unsubscribe {
    return this.#producerClose.add(listener);
  }

  async stats(): Promise<ConsumerStats> {
    this.#assertOpen();
    return { packetsSent: 0, bytesSent: 0, bitrateOutBps: 0, packetsLost: 0, roundTripTimeMs: undefined };
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#producer.consumers.delete(this);
    this.#onClosed();
  }

  /** The producer went away behind the owner's back. */
  producerClosed(): void {
    if (this.#closed) return;
    this.close();
    this.#producerClose.emit();
  }

  deliver(packet: Buffer): void {
    if (!this.#closed && !this.#paused) this.#packets.emit(packet);
  }

  /** For tests: what reaches the receiver. */
  onPacket(listener: (packet: Buffer) => void): Unsubscribe {
    return this.#packets.add(listener);
  }

  setProducerPaused(paused: boolean): void {
    if (this.#closed) return;
    this.#producerPaused = paused;
    this.#updateLayers();
  }

  #possible(layers: ConsumerLayers): ConsumerLayers | undefined {
    return this.type === 'simple' ? undefined : clampLayers(layers, this.#producer.layers);
  }

  #updateLayers(): void {
    if (this.#closed) return;
    const layers = this.#paused || this.#producerPaused ? undefined : this.#preferred;
    const same = layers?.spatial === this.#current?.spatial && layers?.temporal === this.#current?.temporal;
    if (same) return;
    this.#current = layers;
    this.#layers.emit(layers);
  }

  #assertOpen(): void {
    if (this.#closed) throw unknownConsumer(this.id);
  }
}
