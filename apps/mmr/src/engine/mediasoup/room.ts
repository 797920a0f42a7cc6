import type { MediaSource } from '@guildhall/domain';
import { RtpCapabilitiesSchema, mediaProfile, type RtpCapabilities } from '@guildhall/protocol';
import type { LinkLogger } from '@guildhall/rpc';
import type { types } from 'mediasoup';
import { isOfferedExtension } from '../capabilities.ts';
import { checkProducerId } from '../checks.ts';
import { idTaken, limitReached, roomClosed, unknownProducer } from '../errors.ts';
import { Listeners } from '../listeners.ts';
import type {
  EngineLimits,
  Pipe,
  Room,
  RoomCloseReason,
  Slot,
  Speaker,
  Tap,
  Transport,
  TransportOptions,
  Unsubscribe,
} from '../port.ts';
import { udpBuffers, type ListenAddress } from './candidates.ts';
import { DirectSide } from './direct.ts';
import { refusal } from './failures.ts';
import { MediasoupPipe, type PipeRoom } from './pipe.ts';
import { MediasoupTransport, type TransportRoom } from './transport.ts';

/** Where other routers reach this one. */
export interface PipeAddress {
  readonly ip: string;
  /** Address under which other routers reach `ip`; default: `ip` itself. */
  readonly announcedAddress?: string;
  /** First and last UDP port; 0 and 0: any free one. */
  readonly ports: { readonly min: number; readonly max: number };
}

export interface RoomSettings {
  readonly limits: EngineLimits;
  readonly listen: readonly ListenAddress[];
  readonly pipes: PipeAddress;
  /** Where congestion control starts for a receiver, bit/s. */
  readonly initialOutgoingBitrateBps: number;
  readonly logger: LinkLogger;
  readonly nowMs: () => number;
}

const speakerIntervalMs = 300;
// Quieter than this is breath and fans.
const speakerThresholdDb = -60;
const maxSpeakers = 5;
// Browsers send a consent check about every 5 s (RFC 7675 §5.1); three missed ones in a row mean they are gone.
const iceConsentTimeoutS = 15;

const routerCodecs = (): types.RouterRtpCodecCapability[] =>
  mediaProfile.codecs.map(({ parameters, ...codec }) => ({ ...codec, parameters: { ...parameters } }));

const offeredCapabilities = ({ codecs, headerExtensions = [] }: types.RtpCapabilities): RtpCapabilities =>
  RtpCapabilitiesSchema.parse({ codecs, headerExtensions: headerExtensions.filter(isOfferedExtension) });

/** Opens a router of mediasoup with its two observers: two round trips to the worker. */
export const openMediasoupRoom = async (
  roomId: string,
  workerId: string,
  worker: types.Worker,
  webRtcServer: types.WebRtcServer,
  settings: RoomSettings,
): Promise<MediasoupRoom> => {
  const router = await worker.createRouter({ mediaCodecs: routerCodecs() });
  const [levels, dominant] = await Promise.all([
    router.createAudioLevelObserver({
      interval: speakerIntervalMs,
      threshold: speakerThresholdDb,
      maxEntries: maxSpeakers,
    }),
    router.createActiveSpeakerObserver({ interval: speakerIntervalMs }),
  ]).catch((error: unknown) => {
    router.close();
    throw error;
  });
  return new MediasoupRoom({ roomId, workerId, router, webRtcServer, levels, dominant, settings });
};

interface RoomParts {
  readonly roomId: string;
  readonly workerId: string;
  readonly router: types.Router;
  readonly webRtcServer: types.WebRtcServer;
  readonly levels: types.AudioLevelObserver;
  readonly dominant: types.ActiveSpeakerObserver;
  readonly settings: RoomSettings;
}

export class MediasoupRoom implements Room, TransportRoom, PipeRoom {
  readonly #parts: RoomParts;
  readonly #speakers: Listeners<readonly Speaker[]>;
  readonly #dominant: Listeners<{ readonly producerId: string }>;
  readonly #close: Listeners<RoomCloseReason>;
  readonly #sources = new Map<string, MediaSource>();
  readonly #reservedIds = new Set<string>();
  readonly #direct: DirectSide;
  readonly #transportsOf = new Map<string, number>();
  readonly transports = new Set<MediasoupTransport>();
  readonly rtpCapabilities: RtpCapabilities;
  #closed = false;
  #consumers = 0;

  constructor(parts: RoomParts) {
    this.#parts = parts;
    const { logger } = parts.settings;
    this.#speakers = new Listeners(logger);
    this.#dominant = new Listeners(logger);
    this.#close = new Listeners(logger);
    this.rtpCapabilities = offeredCapabilities(parts.router.rtpCapabilities);
    this.#direct = new DirectSide(parts.router, this.rtpCapabilities, logger);
    parts.levels.on('volumes', (volumes) =>
      this.#speakers.emit(
        volumes.map(({ producer, volume }) => ({ producerId: producer.id, volumeDb: volume })),
      ),
    );
    parts.levels.on('silence', () => this.#speakers.emit([]));
    parts.dominant.on('dominantspeaker', ({ producer }) => this.#dominant.emit({ producerId: producer.id }));
  }

  get roomId(): string {
    return this.#parts.roomId;
  }

  get workerId(): string {
    return this.#parts.workerId;
  }

  get closed(): boolean {
    return this.#closed;
  }

  get limits(): EngineLimits {
    return this.#parts.settings.limits;
  }

  get listen(): readonly ListenAddress[] {
    return this.#parts.settings.listen;
  }

  get logger(): LinkLogger {
    return this.#parts.settings.logger;
  }

  nowMs(): number {
    return this.#parts.settings.nowMs();
  }

  get producerCount(): number {
    return this.#sources.size;
  }

  get consumerCount(): number {
    return this.#consumers;
  }

  async createTransport(options: TransportOptions): Promise<Transport> {
    this.#assertOpen();
    const { participantId } = options;
    const { transportsPerParticipant } = this.limits;
    const count = this.#transportsOf.get(participantId) ?? 0;
    if (count >= transportsPerParticipant)
      throw limitReached('transports of one participant', transportsPerParticipant);
    this.#transportsOf.set(participantId, count + 1);
    try {
      const inner = await this.#parts.router.createWebRtcTransport({
        webRtcServer: this.#parts.webRtcServer,
        enableUdp: true,
        enableTcp: true,
        preferUdp: true,
        initialAvailableOutgoingBitrate: this.#parts.settings.initialOutgoingBitrateBps,
        iceConsentTimeout: iceConsentTimeoutS,
      });
      if (this.#closed) {
        inner.close();
        throw roomClosed(this.roomId);
      }
      const transport = new MediasoupTransport(inner, options, this);
      this.transports.add(transport);
      inner.observer.once('close', () => {
        this.transports.delete(transport);
        this.#forgetTransportOf(participantId);
      });
      return transport;
    } catch (error) {
      this.#forgetTransportOf(participantId);
      throw this.#closed
        ? roomClosed(this.roomId)
        : refusal(error, 'media.unavailable', 'The media worker could not make a transport. Try again.');
    }
  }

  async createPipe(): Promise<Pipe> {
    if (this.#closed) throw roomClosed(this.roomId);
    const { ip, announcedAddress, ports } = this.#parts.settings.pipes;
    try {
      const inner = await this.#parts.router.createPipeTransport({
        listenInfo: {
          ...udpBuffers,
          protocol: 'udp',
          ip,
          ...(announcedAddress !== undefined && { announcedAddress }),
          ...(ports.min > 0 && { portRange: ports }),
        },
        enableRtx: true,
        enableSrtp: true,
      });
      if (this.#closed) inner.close();
      else return new MediasoupPipe(inner, this);
    } catch (error) {
      const sentence = 'The media worker could not open a pipe to another router: is a pipe port free?';
      if (!this.#closed) throw refusal(error, 'media.unavailable', sentence);
    }
    throw roomClosed(this.roomId);
  }

  async tap(producerId: string): Promise<Tap> {
    this.#assertOpen();
    if (!this.hasProducer(producerId)) throw unknownProducer(producerId);
    try {
      return await this.#direct.tap(producerId);
    } catch {
      this.#assertOpen();
      throw unknownProducer(producerId);
    }
  }

  async createSlot(id: string): Promise<Slot> {
    this.#assertOpen();
    if (!this.reserve(checkProducerId(id))) throw idTaken();
    try {
      return await this.#direct.slot(id, (inner) => {
        this.#sources.set(id, 'mic');
        inner.observer.once('close', () => {
          this.#sources.delete(id);
          this.release(id);
        });
      });
    } catch (error) {
      this.release(id);
      this.#assertOpen();
      throw refusal(error, 'media.unavailable', 'The media worker could not make a speaker slot. Try again.');
    }
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

  close(): void {
    this.closeBecause('closed');
  }

  /** For the worker's slot, which knows about deaths. */
  closeBecause(reason: RoomCloseReason): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#parts.router.close();
    this.#speakers.clear();
    this.#dominant.clear();
    this.#close.emit(reason);
    this.#close.clear();
  }

  hasProducer(producerId: string): boolean {
    return this.#sources.has(producerId);
  }

  sourceOf(producerId: string): MediaSource | undefined {
    return this.#sources.get(producerId);
  }

  reserve(producerId: string): boolean {
    if (this.#reservedIds.has(producerId)) return false;
    this.#reservedIds.add(producerId);
    return true;
  }

  release(producerId: string): void {
    this.#reservedIds.delete(producerId);
  }

  canConsume(producerId: string, rtpCapabilities: RtpCapabilities): boolean {
    try {
      return this.#parts.router.canConsume({ producerId, rtpCapabilities });
    } catch {
      return false;
    }
  }

  produced(producer: types.Producer, source: MediaSource): void {
    this.#sources.set(producer.id, source);
    producer.observer.once('close', () => this.#sources.delete(producer.id));
    if (producer.kind !== 'audio') return;
    // Not awaited: who speaks may be known a little later than who is there.
    const { levels, dominant } = this.#parts;
    Promise.all([
      levels.addProducer({ producerId: producer.id }),
      dominant.addProducer({ producerId: producer.id }),
    ]).catch((error: unknown) => {
      if (!producer.closed) this.logger.warn({ err: error }, 'a stream is not watched for speech');
    });
  }

  consumed(consumer: types.Consumer): void {
    this.#consumers += 1;
    consumer.observer.once('close', () => {
      this.#consumers -= 1;
    });
  }

  #assertOpen(): void {
    if (this.#closed) throw roomClosed(this.roomId);
  }

  #forgetTransportOf(participantId: string): void {
    const count = (this.#transportsOf.get(participantId) ?? 1) - 1;
    if (count > 0) this.#transportsOf.set(participantId, count);
    else this.#transportsOf.delete(participantId);
  }
}
