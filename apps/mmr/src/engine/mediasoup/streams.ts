import type { MediaSource } from '@guildhall/domain';
import {
  RtpParametersSchema,
  type ConsumerLayers,
  type ConsumerParameters,
  type MediaKind,
} from '@guildhall/protocol';
import type { LinkLogger } from '@guildhall/rpc';
import type { types } from 'mediasoup';
import { checkLayers, checkPriority, type LayerCount } from '../checks.ts';
import { unknownConsumer, unknownProducer } from '../errors.ts';
import { Listeners } from '../listeners.ts';
import type { Consumer, ConsumerStats, Producer, ProducerStats, Unsubscribe } from '../port.ts';
import { readableId } from './failures.ts';

export interface ProducerFacts {
  readonly participantId: string;
  readonly source: MediaSource;
  readonly layers: LayerCount;
  readonly logger: LinkLogger;
}

export class MediasoupProducer implements Producer {
  readonly #inner: types.Producer;
  readonly #scores: Listeners<number>;
  readonly participantId: string;
  readonly source: MediaSource;
  readonly layers: LayerCount;

  constructor(inner: types.Producer, facts: ProducerFacts) {
    this.#inner = inner;
    this.#scores = new Listeners(facts.logger);
    this.participantId = facts.participantId;
    this.source = facts.source;
    this.layers = facts.layers;
    inner.on('score', (scores) => this.#scores.emit(Math.max(0, ...scores.map(({ score }) => score))));
  }

  get id(): string {
    return this.#inner.id;
  }

  get kind(): MediaKind {
    return this.#inner.kind;
  }

  get type(): Producer['type'] {
    return this.#inner.type;
  }

  get paused(): boolean {
    return this.#inner.paused;
  }

  get closed(): boolean {
    return this.#inner.closed;
  }

  pause(): Promise<void> {
    return this.#whileOpen(() => this.#inner.pause());
  }

  resume(): Promise<void> {
    return this.#whileOpen(() => this.#inner.resume());
  }

  onScore(listener: (score: number) => void): Unsubscribe {
    return this.#scores.add(listener);
  }

  async stats(): Promise<ProducerStats> {
    const streams = await this.#whileOpen(() => this.#inner.getStats());
    const { clockRate } = this.#inner.rtpParameters.codecs[0] ?? { clockRate: 90_000 };
    const sum = (of: 'packetCount' | 'packetsLost'): number =>
      streams.reduce((total, stream) => total + Math.max(0, stream[of]), 0);
    const [first] = streams;
    return {
      packetsReceived: sum('packetCount'),
      packetsLost: sum('packetsLost'),
      // The worker counts jitter in units of the stream's clock, RFC 3550 §6.4.1.
      jitterMs: first && (Math.max(...streams.map(({ jitter }) => jitter)) * 1000) / clockRate,
    };
  }

  close(): void {
    this.#inner.close();
  }

  /** Whatever fails once the object is open can only be that it was closed meanwhile. */
  async #whileOpen<T>(action: () => Promise<T>): Promise<T> {
    if (this.closed) throw unknownProducer(this.id);
    return action().catch(() => {
      throw unknownProducer(this.id);
    });
  }
}

const fromInner = (layers: types.ConsumerLayers | undefined): ConsumerLayers | undefined =>
  layers === undefined ? undefined : { spatial: layers.spatialLayer, temporal: layers.temporalLayer ?? 0 };

export class MediasoupConsumer implements Consumer {
  readonly #inner: types.Consumer;
  readonly #layers: Listeners<ConsumerLayers | undefined>;
  readonly #producerClose: Listeners<void>;
  readonly id: string;
  readonly parameters: ConsumerParameters;

  constructor(inner: types.Consumer, logger: LinkLogger) {
    this.#inner = inner;
    this.#layers = new Listeners(logger);
    this.#producerClose = new Listeners(logger);
    this.id = readableId('con', inner.id);
    this.parameters = {
      consumerId: this.id,
      producerId: inner.producerId,
      kind: inner.kind,
      type: this.type,
      rtpParameters: RtpParametersSchema.parse(inner.rtpParameters),
      paused: inner.paused,
    };
    inner.on('layerschange', (layers) => this.#layers.emit(fromInner(layers)));
    inner.on('producerclose', () => this.#producerClose.emit());
  }

  get producerId(): string {
    return this.#inner.producerId;
  }

  get kind(): MediaKind {
    return this.#inner.kind;
  }

  get type(): Consumer['type'] {
    // 'pipe' is a consumer between routers; none is made here.
    return this.#inner.type === 'pipe' ? 'simple' : this.#inner.type;
  }

  get paused(): boolean {
    return this.#inner.paused;
  }

  get producerPaused(): boolean {
    return this.#inner.producerPaused;
  }

  get preferredLayers(): ConsumerLayers | undefined {
    return this.type === 'simple' ? undefined : fromInner(this.#inner.preferredLayers);
  }

  get currentLayers(): ConsumerLayers | undefined {
    return fromInner(this.#inner.currentLayers);
  }

  get closed(): boolean {
    return this.#inner.closed;
  }

  pause(): Promise<void> {
    return this.#whileOpen(() => this.#inner.pause());
  }

  resume(): Promise<void> {
    return this.#whileOpen(() => this.#inner.resume());
  }

  setPreferredLayers(layers: ConsumerLayers): Promise<void> {
    return this.#whileOpen(
      async () => {
        const { spatial, temporal } = layers;
        if (this.type !== 'simple')
          await this.#inner.setPreferredLayers({ spatialLayer: spatial, temporalLayer: temporal });
      },
      () => checkLayers(layers),
    );
  }

  setPriority(priority: number): Promise<void> {
    return this.#whileOpen(
      () => this.#inner.setPriority(priority),
      () => checkPriority(priority),
    );
  }

  requestKeyFrame(): Promise<void> {
    return this.#whileOpen(() => this.#inner.requestKeyFrame());
  }

  onLayersChange(listener: (layers: ConsumerLayers | undefined) => void): Unsubscribe {
    return this.#layers.add(listener);
  }

  onProducerClose(listener: () => void): Unsubscribe {
    return this.#producerClose.add(listener);
  }

  async stats(): Promise<ConsumerStats> {
    const stats = await this.#whileOpen(() => this.#inner.getStats());
    const sent = stats.find((entry) => entry.type === 'outbound-rtp');
    return {
      packetsSent: sent?.packetCount ?? 0,
      bytesSent: sent?.byteCount ?? 0,
      bitrateOutBps: sent?.bitrate ?? 0,
      packetsLost: sent?.packetsLost ?? 0,
      roundTripTimeMs: sent?.roundTripTime,
    };
  }

  close(): void {
    this.#inner.close();
  }

  async #whileOpen<T>(action: () => Promise<T>, check?: () => unknown): Promise<T> {
    if (this.closed) throw unknownConsumer(this.id);
    check?.();
    return action().catch(() => {
      throw unknownConsumer(this.id);
    });
  }
}
