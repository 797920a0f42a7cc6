import type { MediaSource, TrackId } from '@guildhall/domain';
import type {
  ConsumerParameters,
  DtlsParameters,
  IceParameters,
  MediaKind,
  MediaOffer,
  RtpCapabilities,
  RtpParameters,
} from '@guildhall/protocol';

/** Media behind a port: the real one is mediasoup-client, tests and headless clients bring their own. */
export interface MediaPort {
  /** Does early what takes long (capabilities, a DTLS certificate). Never rejects. */
  prepare(): Promise<void>;
  /** Opens both transports of an offer. @throws when this browser cannot */
  open(offer: MediaOffer, hooks: MediaHooks): Promise<MediaSession>;
}

export type Direction = 'send' | 'recv';
export type PathState = 'new' | 'connecting' | 'connected' | 'disconnected' | 'failed' | 'closed';

/** What the media layer asks of the link. It does not wait for the answers: the link keeps the order. */
export interface MediaHooks {
  readonly connect: (transportId: string, dtlsParameters: DtlsParameters) => void;
  readonly produce: (request: {
    readonly transportId: string;
    readonly trackId: TrackId;
    readonly kind: MediaKind;
    readonly source: MediaSource;
    readonly rtpParameters: RtpParameters;
    readonly muted: boolean;
  }) => void;
  readonly onState: (direction: Direction, state: PathState) => void;
}

export interface MediaSession {
  /** What this side can receive. */
  readonly rtpCapabilities: RtpCapabilities;
  /** The track stays its owner's: it is never stopped from here. */
  produce(options: {
    readonly source: MediaSource;
    readonly trackId: TrackId;
    readonly track: MediaStreamTrack;
    readonly muted: boolean;
  }): Promise<MediaSender>;
  /** Resolves as soon as the local side is ready to decode. */
  consume(consumer: ConsumerParameters): Promise<MediaReceiver>;
  restartIce(direction: Direction, iceParameters: IceParameters): Promise<void>;
  /** Idempotent. */
  close(): void;
}

export interface MediaSender {
  replaceTrack(track: MediaStreamTrack): Promise<void>;
  /** Nothing leaves while muted; the track is disabled, so that the machine is silent too. */
  setMuted(muted: boolean): void;
  /** Sends no layer above this; -1 sends none. */
  limitLayers(maxSpatialLayer: number): Promise<void>;
  /** Idempotent. */
  close(): void;
}

export interface MediaReceiver {
  readonly track: MediaStreamTrack;
  /** Whether enough of it has arrived to be played: a moment of sound, a whole picture. */
  hasArrived(): Promise<boolean>;
  /** Idempotent. */
  close(): void;
}
