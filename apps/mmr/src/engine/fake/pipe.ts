import {
  pipeCryptoSuite,
  type PipedStream,
  type PipeParameters,
  type RtpCapabilities,
  type RtpParameters,
} from '@guildhall/protocol';
import {
  checkPipedStream,
  checkPipeParameters,
  isRtx,
  sameCodec,
  samePipeParameters,
  ssrcsOf,
} from '../checks.ts';
import { limitReached, mediaError, pipeAlreadyConnected, unknownPipe, unknownProducer } from '../errors.ts';
import { Listeners } from '../listeners.ts';
import type { Pipe, PipeSender, PipeStats, Unsubscribe } from '../port.ts';
import { FakeProducer } from './streams.ts';
import type { FakeTransportRoom } from './transport.ts';
import { fakeId, later, type FakeWorld } from './world.ts';

/** A pipe without a network: its rules and refusals, and what is on it, for tests to count. */
export class FakePipe implements Pipe {
  readonly id: string;
  readonly parameters: PipeParameters;
  readonly senders = new Set<FakePipeSender>();
  readonly received = new Set<FakeProducer>();
  readonly #room: FakeTransportRoom;
  readonly #world: FakeWorld;
  readonly #onClosed: () => void;
  #remote: PipeParameters | undefined;
  #closed = false;

  constructor(room: FakeTransportRoom, world: FakeWorld, onClosed: () => void) {
    this.#room = room;
    this.#world = world;
    this.#onClosed = onClosed;
    this.id = fakeId('tra', world);
    const number = world.next();
    const key = `${String(number).padStart(59, 'A')}=`;
    this.parameters = {
      ip: '127.0.0.1',
      port: 1 + (number % 65_535),
      srtp: { cryptoSuite: pipeCryptoSuite, keyBase64: key },
    };
  }

  get closed(): boolean {
    return this.#closed;
  }

  async connect(value: PipeParameters): Promise<void> {
    this.#assertOpen();
    const remote = checkPipeParameters(value);
    if (this.#remote && !samePipeParameters(this.#remote, remote)) throw pipeAlreadyConnected(this.id);
    this.#remote = remote;
  }

  async send(producerId: string, { paused = false }: { paused?: boolean } = {}): Promise<FakePipeSender> {
    this.#assertOpen();
    const producer = this.#room.producers.get(producerId);
    if (producer === undefined) throw unknownProducer(producerId);
    const { streamsPerPipe } = this.#world.limits;
    if (this.senders.size >= streamsPerPipe) throw limitReached('streams on a pipe', streamsPerPipe);
    const rtpParameters = pipedParameters(producer, this.#room.rtpCapabilities, this.#world);
    const sender = new FakePipeSender(producer, rtpParameters, this.#world, () =>
      this.senders.delete(sender),
    );
    this.senders.add(sender);
    if (paused) await sender.pause();
    return sender;
  }

  async receive(value: PipedStream, participantId: string): Promise<FakeProducer> {
    this.#assertOpen();
    const stream = checkPipedStream(value, this.#room.rtpCapabilities);
    const { streamsPerPipe } = this.#world.limits;
    if (this.received.size >= streamsPerPipe) throw limitReached('streams on a pipe', streamsPerPipe);
    const { producerId, rtpParameters } = stream;
    if (this.#room.producers.has(producerId))
      throw mediaError('media.invalid-parameters', 'A stream with this id exists already.', {
        field: 'producerId',
      });
    this.#assertNoClash(rtpParameters);
    const producer = new FakeProducer(stream, {
      participantId,
      rtpParameters,
      world: this.#world,
      onClosed: () => {
        this.received.delete(producer);
        this.#room.producers.delete(producerId);
      },
    });
    this.received.add(producer);
    this.#room.producers.set(producerId, producer);
    return producer;
  }

  async stats(): Promise<PipeStats> {
    this.#assertOpen();
    return { bytesReceived: 0, bytesSent: 0 };
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    for (const sender of Array.from(this.senders)) sender.close();
    for (const producer of Array.from(this.received)) producer.close();
    this.#onClosed();
  }

  #assertNoClash(parameters: RtpParameters): void {
    const taken = new Set(Array.from(this.received).flatMap(({ rtpParameters }) => ssrcsOf(rtpParameters)));
    if (!ssrcsOf(parameters).some((ssrc) => taken.has(ssrc))) return;
    throw mediaError(
      'media.invalid-parameters',
      'The stream was not accepted: it contradicts another one on the pipe.',
    );
  }

  #assertOpen(): void {
    if (this.#closed) throw unknownPipe(this.id);
  }
}

/** What mediasoup's `getPipeConsumerRtpParameters` makes: the room's names for the codecs, every layer, SSRCs of its own. */
const pipedParameters = (producer: FakeProducer, room: RtpCapabilities, world: FakeWorld): RtpParameters => {
  const { codecs, encodings, rtcp } = producer.rtpParameters;
  const media = room.codecs.filter(
    (codec) =>
      codec.kind === producer.kind && codecs.some((other) => !isRtx(other) && sameCodec(codec, other)),
  );
  const repeats = room.codecs.filter(
    (codec) =>
      isRtx(codec) &&
      media.some(({ preferredPayloadType }) => preferredPayloadType === codec.parameters?.['apt']),
  );
  return {
    codecs: [...media, ...repeats].map(({ kind: _kind, preferredPayloadType, ...codec }) => ({
      ...codec,
      payloadType: preferredPayloadType,
    })),
    headerExtensions: room.headerExtensions
      .filter(({ kind, direction }) => kind === producer.kind && direction === 'sendrecv')
      .map(({ uri, preferredId }) => ({ uri, id: preferredId, encrypt: false })),
    encodings: encodings.map(({ rid: _rid, codecPayloadType: _type, rtx: _rtx, ...encoding }) => ({
      ...encoding,
      ssrc: 200_000_000 + world.next(),
      ...(repeats.length > 0 && { rtx: { ssrc: 300_000_000 + world.next() } }),
    })),
    rtcp: { cname: rtcp?.cname ?? 'fake', reducedSize: true },
  };
};

export class FakePipeSender implements PipeSender {
  readonly #producer: FakeProducer;
  readonly #rtpParameters: RtpParameters;
  readonly #producerClose: Listeners<void>;
  readonly #onClosed: () => void;
  #deliver: (packet: Buffer) => void = () => undefined;
  #paused = false;
  #closed = false;

  constructor(producer: FakeProducer, rtpParameters: RtpParameters, world: FakeWorld, onClosed: () => void) {
    this.#producer = producer;
    this.#rtpParameters = rtpParameters;
    this.#producerClose = new Listeners(world.logger);
    this.#onClosed = onClosed;
    producer.onClosed(() => later(() => this.#producerClosed()));
    producer.senders.add(this);
  }

  get producerId(): string {
    return this.#producer.id;
  }

  get stream(): PipedStream {
    const { id: producerId, kind, source, paused } = this.#producer;
    return { producerId, kind, source, paused, rtpParameters: this.#rtpParameters };
  }

  get paused(): boolean {
    return this.#paused;
  }

  get closed(): boolean {
    return this.#closed;
  }

  async pause(): Promise<void> {
    this.#setPaused(true);
  }

  async resume(): Promise<void> {
    this.#setPaused(false);
  }

  /** For tests, which are the network: what crosses. */
  onPacket(deliver: (packet: Buffer) => void): void {
    this.#deliver = deliver;
  }

  deliver(packet: Buffer): void {
    if (!this.#paused) this.#deliver(packet);
  }

  onProducerClose(listener: () => void): Unsubscribe {
    return this.#producerClose.add(listener);
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#producer.senders.delete(this);
    this.#onClosed();
  }

  #setPaused(paused: boolean): void {
    if (this.#closed) throw unknownProducer(this.#producer.id);
    this.#paused = paused;
  }

  #producerClosed(): void {
    if (this.#closed) return;
    this.close();
    this.#producerClose.emit();
  }
}
