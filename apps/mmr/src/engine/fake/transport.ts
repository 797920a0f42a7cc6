import type {
  DtlsParameters,
  IceParameters,
  RtpCapabilities,
  RtpParameters,
  TransportParameters,
} from '@guildhall/protocol';
import {
  checkBitrate,
  checkDtlsParameters,
  checkLayers,
  checkProducerId,
  checkRtpCapabilities,
  checkRtpParameters,
  sameDtlsParameters,
  ssrcsOf,
} from '../checks.ts';
import {
  alreadyConnected,
  cannotConsume,
  idTaken,
  limitReached,
  mediaError,
  unknownProducer,
  unknownTransport,
  wrongDirection,
} from '../errors.ts';
import { Listeners } from '../listeners.ts';
import type {
  ConsumeOptions,
  ProduceOptions,
  Transport,
  TransportDirection,
  TransportOptions,
  TransportState,
  TransportStats,
  Unsubscribe,
} from '../port.ts';
import { FakeConsumer, FakeProducer, consumerParameters } from './streams.ts';
import { fakeId, later, type FakeWorld } from './world.ts';

export interface FakeTransportRoom {
  readonly rtpCapabilities: RtpCapabilities;
  readonly producers: Map<string, FakeProducer>;
}

const fingerprint = Array.from({ length: 32 }, () => 'FA').join(':');

export class FakeTransport implements Transport {
  readonly id: string;
  readonly participantId: string;
  readonly direction: TransportDirection;
  readonly parameters: TransportParameters;
  readonly producers = new Set<FakeProducer>();
  readonly consumers = new Set<FakeConsumer>();
  readonly #world: FakeWorld;
  readonly #room: FakeTransportRoom;
  readonly #states: Listeners<TransportState>;
  readonly #onClosed: () => void;
  #state: TransportState = 'new';
  #remote: DtlsParameters | undefined;

  constructor(options: TransportOptions, room: FakeTransportRoom, world: FakeWorld, onClosed: () => void) {
    this.#world = world;
    this.#room = room;
    this.#onClosed = onClosed;
    this.#states = new Listeners(world.logger);
    this.id = fakeId('tra', world);
    this.participantId = options.participantId;
    this.direction = options.direction;
    this.parameters = {
      transportId: this.id,
      iceParameters: this.#newIce(),
      iceCandidates: [
        {
          foundation: 'fake',
          priority: 1,
          address: '127.0.0.1',
          ip: '127.0.0.1',
          protocol: 'udp',
          port: 9,
          type: 'host',
        },
      ],
      dtlsParameters: { role: 'auto', fingerprints: [{ algorithm: 'sha-256', value: fingerprint }] },
    };
  }

  get state(): TransportState {
    return this.#state;
  }

  get closed(): boolean {
    return this.#state === 'closed';
  }

  async connect(dtlsParameters: DtlsParameters): Promise<void> {
    this.#assertOpen();
    const remote = checkDtlsParameters(dtlsParameters);
    if (this.#remote !== undefined) {
      if (!sameDtlsParameters(this.#remote, remote)) throw alreadyConnected(this.id);
      return;
    }
    this.#remote = remote;
    later(() => this.setState('connecting'));
    later(() => this.setState('connected'));
  }

  async restartIce(): Promise<IceParameters> {
    this.#assertOpen();
    return this.#newIce();
  }

  async produce(options: ProduceOptions): Promise<FakeProducer> {
    this.#assertOpen();
    if (this.direction !== 'send') throw wrongDirection('send');
    const id = checkProducerId(options.producerId);
    const rtpParameters = checkRtpParameters(options.rtpParameters, options.kind, this.#room.rtpCapabilities);
    const { producersPerTransport } = this.#world.limits;
    if (this.producers.size >= producersPerTransport)
      throw limitReached('streams from one participant', producersPerTransport);
    if (this.#room.producers.has(id)) throw idTaken();
    this.#assertNoClash(rtpParameters);
    const producer = new FakeProducer(options, {
      participantId: this.participantId,
      rtpParameters,
      world: this.#world,
      onClosed: () => {
        this.producers.delete(producer);
        this.#room.producers.delete(id);
      },
    });
    this.producers.add(producer);
    this.#room.producers.set(id, producer);
    return producer;
  }

  async consume(options: ConsumeOptions): Promise<FakeConsumer> {
    this.#assertOpen();
    if (this.direction !== 'recv') throw wrongDirection('recv');
    const capabilities = checkRtpCapabilities(options.rtpCapabilities);
    const preferredLayers =
      options.preferredLayers === undefined ? undefined : checkLayers(options.preferredLayers);
    const producer = this.#room.producers.get(options.producerId);
    if (producer === undefined) throw unknownProducer(options.producerId);
    const rtpParameters = consumerParameters(producer, this.#room.rtpCapabilities, capabilities, this.#world);
    if (rtpParameters === undefined) throw cannotConsume(producer.id);
    const { consumersPerTransport } = this.#world.limits;
    if (this.consumers.size >= consumersPerTransport)
      throw limitReached('received streams', consumersPerTransport);
    const consumer = new FakeConsumer(producer, {
      rtpParameters,
      paused: options.paused ?? false,
      preferredLayers,
      world: this.#world,
      onClosed: () => this.consumers.delete(consumer),
    });
    this.consumers.add(consumer);
    return consumer;
  }

  async setMaxIncomingBitrate(bitrateBps: number): Promise<void> {
    this.#assertOpen();
    checkBitrate(bitrateBps);
  }

  onState(listener: (state: TransportState) => void): Unsubscribe {
    return this.#states.add(listener);
  }

  /** For tests: what the network would bring about. */
  setState(state: Exclude<TransportState, 'closed'>): void {
    if (this.closed || this.#state === state) return;
    this.#state = state;
    this.#states.emit(state);
  }

  async stats(): Promise<TransportStats> {
    this.#assertOpen();
    return {
      bytesReceived: 0,
      bytesSent: 0,
      bitrateInBps: 0,
      bitrateOutBps: 0,
      availableOutgoingBitrateBps: undefined,
      protocol: this.#state === 'connected' ? 'udp' : undefined,
    };
  }

  close(): void {
    if (this.closed) return;
    this.#state = 'closed';
    // Consumers first: those of this transport are told nothing, not even about producers of this transport.
    for (const consumer of Array.from(this.consumers)) consumer.close();
    for (const producer of Array.from(this.producers)) producer.close();
    this.#onClosed();
  }

  #newIce(): IceParameters {
    const number = String(this.#world.next()).padStart(8, '0');
    return { usernameFragment: `fake${number}`, password: `fakefakefakefake${number}`, iceLite: true };
  }

  /** What the worker's table of streams refuses: an SSRC or a media id twice on one transport. */
  #assertNoClash(parameters: RtpParameters): void {
    const others = Array.from(this.producers, (producer) => producer.rtpParameters);
    const taken = new Set(others.flatMap(ssrcsOf));
    const sameMid = parameters.mid !== undefined && others.some(({ mid }) => mid === parameters.mid);
    if (!sameMid && !ssrcsOf(parameters).some((ssrc) => taken.has(ssrc))) return;
    throw mediaError(
      'media.invalid-parameters',
      'The parameters of the stream were not accepted: they contradict another stream.',
    );
  }

  #assertOpen(): void {
    if (this.closed) throw unknownTransport(this.id);
  }
}
