import type { MediaSource } from '@guildhall/domain';
import {
  headerExtensionUris,
  PipeParametersSchema,
  RtpParametersSchema,
  type PipedStream,
  type PipeParameters,
  type RtpCapabilities,
} from '@guildhall/protocol';
import type { LinkLogger } from '@guildhall/rpc';
import type { types } from 'mediasoup';
import { checkPipedStream, checkPipeParameters, isRtx, layersOf, samePipeParameters } from '../checks.ts';
import { limitReached, mediaError, pipeAlreadyConnected, unknownPipe, unknownProducer } from '../errors.ts';
import { Listeners } from '../listeners.ts';
import type { EngineLimits, Pipe, PipeSender, PipeStats, Unsubscribe } from '../port.ts';
import { readableId, refusal } from './failures.ts';
import { MediasoupProducer } from './streams.ts';

/** What a pipe needs of its room. */
export interface PipeRoom {
  readonly rtpCapabilities: RtpCapabilities;
  readonly limits: EngineLimits;
  readonly logger: LinkLogger;
  /** What this stream shows or says; undefined when there is none of that id. */
  sourceOf(producerId: string): MediaSource | undefined;
  reserve(producerId: string): boolean;
  release(producerId: string): void;
  produced(producer: types.Producer, source: MediaSource): void;
  consumed(consumer: types.Consumer): void;
}

const known = new Set<string>(headerExtensionUris);

export class MediasoupPipe implements Pipe {
  readonly #inner: types.PipeTransport;
  readonly #room: PipeRoom;
  readonly id: string;
  readonly parameters: PipeParameters;
  #connection: { readonly remote: PipeParameters; readonly done: Promise<void> } | undefined;
  #senders = 0;
  #receivers = 0;

  constructor(inner: types.PipeTransport, room: PipeRoom) {
    this.#inner = inner;
    this.#room = room;
    this.id = readableId('tra', inner.id);
    const { localAddress, localPort } = inner.tuple;
    this.parameters = PipeParametersSchema.parse({
      ip: localAddress,
      port: localPort,
      srtp: inner.srtpParameters,
    });
  }

  get closed(): boolean {
    return this.#inner.closed;
  }

  async connect(value: PipeParameters): Promise<void> {
    this.#assertOpen();
    const remote = checkPipeParameters(value);
    if (this.#connection !== undefined) {
      if (!samePipeParameters(this.#connection.remote, remote)) throw pipeAlreadyConnected(this.id);
      return this.#connection.done;
    }
    const { ip, port, srtp } = remote;
    const done = this.#inner.connect({ ip, port, srtpParameters: srtp }).catch((error: unknown) => {
      throw this.#refusal(error, 'The other end of the pipe was not accepted.');
    });
    this.#connection = { remote, done };
    return done;
  }

  async send(producerId: string, { paused = false }: { paused?: boolean } = {}): Promise<PipeSender> {
    this.#assertOpen();
    const source = this.#room.sourceOf(producerId);
    if (source === undefined) throw unknownProducer(producerId);
    const { limits, logger } = this.#room;
    if (this.#senders >= limits.streamsPerPipe)
      throw limitReached('streams on a pipe', limits.streamsPerPipe);
    this.#senders += 1;
    try {
      const inner = await this.#inner.consume({ producerId });
      if (this.closed) {
        inner.close();
        throw unknownPipe(this.id);
      }
      const sender = new MediasoupPipeSender(inner, source, logger);
      inner.observer.once('close', () => {
        this.#senders -= 1;
      });
      this.#room.consumed(inner);
      // mediasoup has no consumer of a pipe that begins paused. Closed meanwhile the caller sees.
      if (paused) await sender.pause().catch(() => undefined);
      return sender;
    } catch (error) {
      this.#senders -= 1;
      if (!this.closed && this.#room.sourceOf(producerId) === undefined) throw unknownProducer(producerId);
      throw this.#refusal(error, 'The stream cannot be sent to the other router.');
    }
  }

  async receive(value: PipedStream, participantId: string): Promise<MediasoupProducer> {
    this.#assertOpen();
    const { limits, logger, rtpCapabilities } = this.#room;
    const stream = checkPipedStream(value, rtpCapabilities);
    const { producerId: id, kind, rtpParameters, paused, source } = stream;
    if (this.#receivers >= limits.streamsPerPipe)
      throw limitReached('streams on a pipe', limits.streamsPerPipe);
    if (!this.#room.reserve(id))
      throw mediaError('media.invalid-parameters', 'A stream with this id exists already.', {
        field: 'producerId',
      });
    this.#receivers += 1;
    try {
      const inner = await this.#inner.produce({ id, kind, rtpParameters, paused });
      if (this.closed) {
        inner.close();
        throw unknownPipe(this.id);
      }
      inner.observer.once('close', () => {
        this.#receivers -= 1;
        this.#room.release(id);
      });
      this.#room.produced(inner, source);
      return new MediasoupProducer(inner, { participantId, source, layers: layersOf(rtpParameters), logger });
    } catch (error) {
      this.#receivers -= 1;
      this.#room.release(id);
      throw this.#refusal(error, 'The stream was not accepted: it contradicts another one on the pipe.');
    }
  }

  async stats(): Promise<PipeStats> {
    this.#assertOpen();
    const [stats] = await this.#inner.getStats().catch(() => {
      throw unknownPipe(this.id);
    });
    return { bytesReceived: stats?.bytesReceived ?? 0, bytesSent: stats?.bytesSent ?? 0 };
  }

  close(): void {
    this.#inner.close();
  }

  #assertOpen(): void {
    if (this.closed) throw unknownPipe(this.id);
  }

  #refusal(error: unknown, sentence: string): Error {
    return this.closed ? unknownPipe(this.id) : refusal(error, 'media.invalid-parameters', sentence);
  }
}

class MediasoupPipeSender implements PipeSender {
  readonly #inner: types.Consumer;
  readonly #source: MediaSource;
  readonly #producerClose: Listeners<void>;
  readonly #rtpParameters: PipedStream['rtpParameters'];

  constructor(inner: types.Consumer, source: MediaSource, logger: LinkLogger) {
    this.#inner = inner;
    this.#source = source;
    this.#producerClose = new Listeners(logger);
    const { headerExtensions = [], encodings = [], ...rest } = inner.rtpParameters;
    const repeats = rest.codecs.some(isRtx);
    this.#rtpParameters = RtpParametersSchema.parse({
      ...rest,
      // mediasoup names an SSRC for retransmissions even where, as for speech, no codec of theirs is.
      encodings: encodings.map(({ rtx, ...encoding }) => ({ ...encoding, ...(repeats && { rtx }) })),
      // Among them are some the other router would have to refuse, for it cannot name them.
      headerExtensions: headerExtensions.filter(({ uri }) => known.has(uri)),
    });
    inner.on('producerclose', () => this.#producerClose.emit());
  }

  get producerId(): string {
    return this.#inner.producerId;
  }

  get stream(): PipedStream {
    const { producerId, kind, producerPaused: paused } = this.#inner;
    return { producerId, kind, source: this.#source, paused, rtpParameters: this.#rtpParameters };
  }

  get paused(): boolean {
    return this.#inner.paused;
  }

  get closed(): boolean {
    return this.#inner.closed;
  }

  async pause(): Promise<void> {
    await this.#command(() => this.#inner.pause());
  }

  async resume(): Promise<void> {
    await this.#command(() => this.#inner.resume());
  }

  onProducerClose(listener: () => void): Unsubscribe {
    return this.#producerClose.add(listener);
  }

  close(): void {
    this.#inner.close();
  }

  async #command(command: () => Promise<void>): Promise<void> {
    if (this.closed) throw unknownProducer(this.producerId);
    await command().catch((error: unknown) => {
      throw this.closed ? unknownProducer(this.producerId) : error;
    });
  }
}
