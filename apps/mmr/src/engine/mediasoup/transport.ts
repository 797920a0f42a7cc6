import type { MediaSource } from '@guildhall/domain';
import {
  DtlsParametersSchema,
  IceParametersSchema,
  type DtlsParameters,
  type IceParameters,
  type RtpCapabilities,
  type TransportParameters,
} from '@guildhall/protocol';
import type { LinkLogger } from '@guildhall/rpc';
import type { types } from 'mediasoup';
import {
  checkBitrate,
  checkDtlsParameters,
  checkLayers,
  checkProducerId,
  checkRtpCapabilities,
  checkRtpParameters,
  layersOf,
  sameDtlsParameters,
} from '../checks.ts';
import {
  alreadyConnected,
  cannotConsume,
  idTaken,
  limitReached,
  unknownProducer,
  unknownTransport,
  wrongDirection,
} from '../errors.ts';
import { Listeners } from '../listeners.ts';
import type {
  ConsumeOptions,
  EngineLimits,
  ProduceOptions,
  Transport,
  TransportDirection,
  TransportOptions,
  TransportState,
  TransportStats,
  Unsubscribe,
} from '../port.ts';
import { withAnnouncedAddresses, type ListenAddress } from './candidates.ts';
import { readableId, refusal } from './failures.ts';
import { MediasoupConsumer, MediasoupProducer } from './streams.ts';

/** What a transport needs of its room. */
export interface TransportRoom {
  readonly rtpCapabilities: RtpCapabilities;
  readonly limits: EngineLimits;
  readonly listen: readonly ListenAddress[];
  readonly logger: LinkLogger;
  /** Monotonic milliseconds. */
  nowMs(): number;
  hasProducer(producerId: string): boolean;
  /** Keeps an id from being used twice while its producer is being made; false when it is taken. */
  reserve(producerId: string): boolean;
  release(producerId: string): void;
  canConsume(producerId: string, rtpCapabilities: RtpCapabilities): boolean;
  produced(producer: types.Producer, source: MediaSource): void;
  consumed(consumer: types.Consumer): void;
}

export class MediasoupTransport implements Transport {
  readonly #inner: types.WebRtcTransport;
  readonly #room: TransportRoom;
  readonly #states: Listeners<TransportState>;
  readonly id: string;
  readonly participantId: string;
  readonly direction: TransportDirection;
  readonly parameters: TransportParameters;
  #state: TransportState = 'new';
  #connection: { readonly remote: DtlsParameters; readonly done: Promise<void> } | undefined;
  #producers = 0;
  #consumers = 0;
  /** As they were when somebody asked for them the last time, for the load of the worker. */
  rates = { bitrateInBps: 0, bitrateOutBps: 0, atMs: -Infinity };

  constructor(inner: types.WebRtcTransport, options: TransportOptions, room: TransportRoom) {
    this.#inner = inner;
    this.#room = room;
    this.#states = new Listeners(room.logger);
    this.id = readableId('tra', inner.id);
    this.participantId = options.participantId;
    this.direction = options.direction;
    const { role = 'auto', fingerprints } = inner.dtlsParameters;
    this.parameters = {
      transportId: this.id,
      iceParameters: IceParametersSchema.parse(inner.iceParameters),
      iceCandidates: withAnnouncedAddresses(inner.iceCandidates, room.listen),
      dtlsParameters: DtlsParametersSchema.parse({
        role,
        // Older algorithms are there too; one good fingerprint is enough and keeps the answer small.
        fingerprints: fingerprints.filter(({ algorithm }) => algorithm === 'sha-256'),
      }),
    };
    inner.on('dtlsstatechange', () => this.#update());
    inner.on('icestatechange', () => this.#update());
    inner.observer.once('close', () => this.#update());
  }

  get state(): TransportState {
    return this.#state;
  }

  get closed(): boolean {
    return this.#inner.closed;
  }

  /** Whether there is any stream on it, which may be paused. */
  get carriesMedia(): boolean {
    return this.#producers + this.#consumers > 0;
  }

  async connect(dtlsParameters: DtlsParameters): Promise<void> {
    this.#assertOpen();
    const remote = checkDtlsParameters(dtlsParameters);
    if (this.#connection !== undefined) {
      if (!sameDtlsParameters(this.#connection.remote, remote)) throw alreadyConnected(this.id);
      return this.#connection.done;
    }
    const done = this.#inner.connect({ dtlsParameters: remote }).catch((error: unknown) => {
      throw this.#refusal(error, 'The DTLS parameters were not accepted.');
    });
    // Kept before the first await: a second call must find it.
    this.#connection = { remote, done };
    return done;
  }

  async restartIce(): Promise<IceParameters> {
    this.#assertOpen();
    const ice = await this.#inner.restartIce().catch(() => {
      throw unknownTransport(this.id);
    });
    return IceParametersSchema.parse(ice);
  }

  async produce(options: ProduceOptions): Promise<MediasoupProducer> {
    this.#assertOpen();
    if (this.direction !== 'send') throw wrongDirection('send');
    const id = checkProducerId(options.producerId);
    const { kind, source } = options;
    const rtpParameters = checkRtpParameters(options.rtpParameters, kind, this.#room.rtpCapabilities);
    const { limits, logger } = this.#room;
    if (this.#producers >= limits.producersPerTransport)
      throw limitReached('streams from one participant', limits.producersPerTransport);
    if (!this.#room.reserve(id)) throw idTaken();
    this.#producers += 1;
    try {
      const inner = await this.#inner.produce({ id, kind, rtpParameters, paused: options.paused ?? false });
      if (this.closed) {
        inner.close();
        throw unknownTransport(this.id);
      }
      inner.observer.once('close', () => {
        this.#producers -= 1;
        this.#room.release(id);
      });
      const { participantId } = this;
      this.#room.produced(inner, source);
      return new MediasoupProducer(inner, { participantId, source, layers: layersOf(rtpParameters), logger });
    } catch (error) {
      this.#producers -= 1;
      this.#room.release(id);
      throw this.#refusal(
        error,
        'The parameters of the stream were not accepted: they contradict another stream.',
      );
    }
  }

  async consume(options: ConsumeOptions): Promise<MediasoupConsumer> {
    this.#assertOpen();
    if (this.direction !== 'recv') throw wrongDirection('recv');
    const rtpCapabilities = checkRtpCapabilities(options.rtpCapabilities);
    const layers = options.preferredLayers === undefined ? undefined : checkLayers(options.preferredLayers);
    const { producerId, paused = false } = options;
    const { limits, logger } = this.#room;
    if (!this.#room.hasProducer(producerId)) throw unknownProducer(producerId);
    if (!this.#room.canConsume(producerId, rtpCapabilities)) throw cannotConsume(producerId);
    if (this.#consumers >= limits.consumersPerTransport)
      throw limitReached('received streams', limits.consumersPerTransport);
    this.#consumers += 1;
    try {
      const inner = await this.#inner.consume({
        producerId,
        rtpCapabilities,
        paused,
        ...(layers && { preferredLayers: { spatialLayer: layers.spatial, temporalLayer: layers.temporal } }),
      });
      if (this.closed) {
        inner.close();
        throw unknownTransport(this.id);
      }
      inner.observer.once('close', () => {
        this.#consumers -= 1;
      });
      this.#room.consumed(inner);
      return new MediasoupConsumer(inner, logger);
    } catch (error) {
      this.#consumers -= 1;
      if (!this.closed && !this.#room.hasProducer(producerId)) throw unknownProducer(producerId);
      throw this.#refusal(error, 'The stream cannot be received with these capabilities.');
    }
  }

  async setMaxIncomingBitrate(bitrateBps: number): Promise<void> {
    this.#assertOpen();
    await this.#inner.setMaxIncomingBitrate(checkBitrate(bitrateBps)).catch(() => {
      throw unknownTransport(this.id);
    });
  }

  onState(listener: (state: TransportState) => void): Unsubscribe {
    return this.#states.add(listener);
  }

  async stats(): Promise<TransportStats> {
    this.#assertOpen();
    const [stats] = await this.#inner.getStats().catch(() => {
      throw unknownTransport(this.id);
    });
    const bitrateInBps = stats?.recvBitrate ?? 0;
    const bitrateOutBps = stats?.sendBitrate ?? 0;
    this.rates = { bitrateInBps, bitrateOutBps, atMs: this.#room.nowMs() };
    return {
      bitrateInBps,
      bitrateOutBps,
      bytesReceived: stats?.bytesReceived ?? 0,
      bytesSent: stats?.bytesSent ?? 0,
      availableOutgoingBitrateBps: stats?.availableOutgoingBitrate,
      protocol: stats?.iceSelectedTuple?.protocol,
    };
  }

  close(): void {
    this.#inner.close();
  }

  #assertOpen(): void {
    if (this.closed) throw unknownTransport(this.id);
  }

  #refusal(error: unknown, sentence: string): Error {
    return this.closed ? unknownTransport(this.id) : refusal(error, 'media.invalid-parameters', sentence);
  }

  #update(): void {
    const state = this.#derivedState();
    if (state === this.#state) return;
    this.#state = state;
    // Whoever closes it knows; see the close cascade in port.ts.
    if (state !== 'closed') this.#states.emit(state);
  }

  #derivedState(): TransportState {
    const { closed, dtlsState, iceState } = this.#inner;
    if (closed) return 'closed';
    if (dtlsState === 'failed' || dtlsState === 'closed' || iceState === 'disconnected') return 'failed';
    if (dtlsState === 'connected') return 'connected';
    return dtlsState === 'connecting' || iceState !== 'new' ? 'connecting' : 'new';
  }
}
