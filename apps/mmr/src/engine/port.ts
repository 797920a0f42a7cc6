import type { MediaSource } from '@guildhall/domain';
import type {
  ConsumerLayers,
  ConsumerParameters,
  ConsumerType,
  DtlsParameters,
  IceParameters,
  MediaKind,
  PipedStream,
  PipeParameters,
  RtpCapabilities,
  RtpParameters,
  TransportParameters,
} from '@guildhall/protocol';

/**
 * The media engine in our own nouns: Engine → Room → Transport → Producer, Consumer; and Room → Pipe, which joins two
 * rooms on different routers. Two implementations with the same
 * semantics (`mediasoup/` and `fake/`), held to them by one contract suite in tests/contract/engine.
 *
 * Close cascade: closing a thing closes everything below it. Those below are told nothing, because whoever closed the
 * parent knows; the exceptions are what happened behind somebody's back: a consumer whose producer went away
 * (`onProducerClose`), a room whose worker died (`onClose` with 'worker-died' and one `onWorkerDied` of the engine).
 * Closing what is closed does nothing.
 *
 * Every refusal is a GuildhallError with a registered `media.*` code. Parameters are checked here again even if the
 * caller has checked them: what reaches the native worker must be right whoever calls. Listeners must not throw; one
 * that does is reported to the engine's logger and stops nobody else.
 */

/** Removes the listener; harmless when repeated. */
export type Unsubscribe = () => void;

export interface Engine {
  /** The workers in a fixed order; `state` says which of them take rooms now. */
  workers(): readonly WorkerInfo[];
  /**
   * Opens a room on the worker with the least load; opening an open room gives the same one again. While every
   * worker is being started anew this waits for the first.
   * @throws media.unavailable no worker came up in time, or the engine is closed
   */
  openRoom(options: { readonly roomId: string }): Promise<Room>;
  /** The open room of this id, if there is one. */
  room(roomId: string): Room | undefined;
  /** Told once for each death, after the rooms on it were closed and told. The engine starts the worker again by itself. */
  onWorkerDied(listener: (event: WorkerDied) => void): Unsubscribe;
  /** Told when a worker takes rooms again after a death. */
  onWorkerReady(listener: (worker: WorkerInfo) => void): Unsubscribe;
  /** What the workers carry now. Rates are as fresh as the rotating sample allows (README); never throws. */
  load(): Promise<EngineLoad>;
  /** Closes every room and ends every worker process; resolves when they are gone. Idempotent. */
  close(): Promise<void>;
}

export type WorkerState = 'starting' | 'running' | 'closed';

export interface WorkerInfo {
  /** Stays the same when the worker is started anew: `worker-0`, `worker-1` ... */
  readonly workerId: string;
  readonly state: WorkerState;
  /** Process id; undefined while starting, and always in the fake. */
  readonly pid: number | undefined;
  readonly udpPort: number;
  readonly tcpPort: number;
  readonly rooms: number;
  /** How many times it was started again after a death. */
  readonly restarts: number;
}

export interface WorkerDied {
  readonly workerId: string;
  /** Rooms that were on it, now closed; the meetings that own them open them again. */
  readonly roomIds: readonly string[];
  /** For the log. */
  readonly reason: string;
}

export interface WorkerLoad {
  readonly workerId: string;
  /** Share of one core since the last call, 0..1. */
  readonly cpu: number;
  readonly rooms: number;
  readonly transports: number;
  readonly producers: number;
  readonly consumers: number;
  readonly bitrateInBps: number;
  readonly bitrateOutBps: number;
}

export interface EngineLoad {
  readonly workers: readonly WorkerLoad[];
}

export type RoomCloseReason = 'closed' | 'worker-died';

export interface Room {
  readonly roomId: string;
  readonly workerId: string;
  /** What participants may send; they load their devices with it. Equal for all rooms of an engine. */
  readonly rtpCapabilities: RtpCapabilities;
  readonly closed: boolean;
  /**
   * @throws media.unavailable the room is closed
   * @throws media.limit too many transports of this participant
   */
  createTransport(options: TransportOptions): Promise<Transport>;
  /**
   * One end of an encrypted pipe to a room of the same meeting on another router.
   * @throws media.unavailable the room is closed, or no port is free
   */
  createPipe(): Promise<Pipe>;
  /**
   * The packets of an audio producer, into this process. While the producer is paused none come, and they cost nothing.
   * @throws media.unavailable the room is closed
   * @throws media.unknown-producer there is no audio of that id in the room
   */
  tap(producerId: string): Promise<Tap>;
  /**
   * An Opus stream whose packets this process writes; it is consumed like any other.
   * @param id unique among the producers of the room
   * @throws media.unavailable the room is closed
   * @throws media.invalid-parameters the id is not valid or is taken
   */
  createSlot(id: string): Promise<Slot>;
  /** Who is audible, loudest first, several times a second while somebody is; an empty list when silence begins. */
  onSpeakers(listener: (speakers: readonly Speaker[]) => void): Unsubscribe;
  /** The one who leads the talk, whenever that changes (slower and steadier than the volumes). */
  onDominantSpeaker(listener: (speaker: { readonly producerId: string }) => void): Unsubscribe;
  /** Told once, also when this room was closed by its owner. */
  onClose(listener: (reason: RoomCloseReason) => void): Unsubscribe;
  close(): void;
}

/** Closed with its producer, its room, or by its owner. */
export interface Tap {
  readonly producerId: string;
  /** Id of the audio level extension (RFC 6464) in the packets; undefined when the sender sends none. */
  readonly audioLevelId: number | undefined;
  readonly closed: boolean;
  /** Whole RTP packets in the room's payload types and extension ids. One listener: the packet is its to keep and to change. */
  onPacket(listener: (packet: Buffer) => void): Unsubscribe;
  close(): void;
}

/** A producer of this process: what `Transport.consume` needs to know of it, and a way to write. */
export interface Slot {
  readonly id: string;
  readonly kind: 'audio';
  readonly paused: false;
  readonly layers: { readonly spatial: 1; readonly temporal: 1 };
  /** What the packets must carry. */
  readonly ssrc: number;
  readonly payloadType: number;
  readonly closed: boolean;
  /** A whole RTP packet; it has left this process when this returns. Does nothing when closed. */
  send(packet: Buffer): void;
  /** Its consumers are told, as of any producer. */
  close(): void;
}

export interface Speaker {
  readonly producerId: string;
  /** dBov, -127 (silence) to 0 (loudest), RFC 6464. */
  readonly volumeDb: number;
}

export type TransportDirection = 'send' | 'recv';

export interface TransportOptions {
  readonly participantId: string;
  /** As the browser sees it: it produces on its `send` and consumes on its `recv` transport. */
  readonly direction: TransportDirection;
}

/** `failed` is not the end: after `restartIce` a transport may be connected again. */
export type TransportState = 'new' | 'connecting' | 'connected' | 'failed' | 'closed';

export interface Transport {
  readonly id: string;
  readonly participantId: string;
  readonly direction: TransportDirection;
  readonly parameters: TransportParameters;
  readonly state: TransportState;
  readonly closed: boolean;
  /**
   * Says who may connect. The same parameters again do nothing.
   * @throws media.already-connected other parameters; the first connection is kept
   * @throws media.invalid-parameters
   * @throws media.unknown-transport the transport is closed
   */
  connect(dtlsParameters: DtlsParameters): Promise<void>;
  /** New ICE credentials for the browser; the media flows on over the old ones until it uses them. */
  restartIce(): Promise<IceParameters>;
  /**
   * @throws media.invalid-parameters they contradict themselves, the kind, the room, or what this transport has
   * @throws media.limit too many producers
   * @throws media.unknown-transport the transport is closed
   */
  produce(options: ProduceOptions): Promise<Producer>;
  /**
   * @throws media.unknown-producer there is none of that id in the room
   * @throws media.cannot-consume the receiver has no codec of it
   * @throws media.invalid-parameters the capabilities are not valid, or the direction is `send`
   * @throws media.limit too many consumers
   * @throws media.unknown-transport the transport is closed
   */
  consume(options: ConsumeOptions): Promise<Consumer>;
  /** Asks the sender, by congestion control, to stay under this rate, bit/s; 0 lifts the limit. */
  setMaxIncomingBitrate(bitrateBps: number): Promise<void>;
  onState(listener: (state: TransportState) => void): Unsubscribe;
  stats(): Promise<TransportStats>;
  close(): void;
}

export interface TransportStats {
  readonly bytesReceived: number;
  readonly bytesSent: number;
  readonly bitrateInBps: number;
  readonly bitrateOutBps: number;
  /** What congestion control believes the receiver's network carries; undefined until it knows. */
  readonly availableOutgoingBitrateBps: number | undefined;
  /** Undefined until the browser has reached the router. */
  readonly protocol: 'udp' | 'tcp' | undefined;
}

export interface ProduceOptions {
  /** Chosen by the caller (the meeting's track id), unique in the room: 1 to 64 letters, digits, - or _. */
  readonly producerId: string;
  readonly kind: MediaKind;
  readonly source: MediaSource;
  readonly rtpParameters: RtpParameters;
  /** Default false. */
  readonly paused?: boolean;
}

export interface ConsumeOptions {
  readonly producerId: string;
  /** Of the receiver. */
  readonly rtpCapabilities: RtpCapabilities;
  /** Default false. Consume paused and resume once the browser is ready, else the first key frame is lost. */
  readonly paused?: boolean;
  /** Default: the highest. */
  readonly preferredLayers?: ConsumerLayers;
}

export interface Producer {
  readonly id: string;
  readonly participantId: string;
  readonly kind: MediaKind;
  readonly source: MediaSource;
  readonly type: ConsumerType;
  /** How many layers are sent at most: 1 and 1 for a simple stream. */
  readonly layers: { readonly spatial: number; readonly temporal: number };
  readonly paused: boolean;
  readonly closed: boolean;
  /** Nothing of it is forwarded any more. @throws media.unknown-producer it is closed */
  pause(): Promise<void>;
  /** @throws media.unknown-producer it is closed */
  resume(): Promise<void>;
  /** Quality of what arrives, 0 (nothing) to 10, the best of its streams; told when it changes. */
  onScore(listener: (score: number) => void): Unsubscribe;
  /** Of all its streams together. @throws media.unknown-producer it is closed */
  stats(): Promise<ProducerStats>;
  close(): void;
}

export interface ProducerStats {
  readonly packetsReceived: number;
  readonly packetsLost: number;
  /** The worst of its streams; undefined while nothing arrives. */
  readonly jitterMs: number | undefined;
}

export interface Consumer {
  readonly id: string;
  readonly producerId: string;
  readonly kind: MediaKind;
  readonly type: ConsumerType;
  /** What its browser needs to receive it. */
  readonly parameters: ConsumerParameters;
  readonly paused: boolean;
  readonly producerPaused: boolean;
  readonly preferredLayers: ConsumerLayers | undefined;
  /** What is being forwarded now; undefined for simple streams and while nothing is. */
  readonly currentLayers: ConsumerLayers | undefined;
  readonly closed: boolean;
  /** @throws media.unknown-consumer it is closed; so do all below */
  pause(): Promise<void>;
  /** Asks the sender for a key frame by itself. */
  resume(): Promise<void>;
  /** Upper bound; more than the producer has means its highest. Does nothing on a simple stream. @throws media.invalid-parameters */
  setPreferredLayers(layers: ConsumerLayers): Promise<void>;
  /** Who gets bandwidth first when it is short: 1 (last, the default) to 255. @throws media.invalid-parameters */
  setPriority(priority: number): Promise<void>;
  requestKeyFrame(): Promise<void>;
  onLayersChange(listener: (layers: ConsumerLayers | undefined) => void): Unsubscribe;
  /** Told once; the consumer is closed then. */
  onProducerClose(listener: () => void): Unsubscribe;
  stats(): Promise<ConsumerStats>;
  close(): void;
}

export interface ConsumerStats {
  readonly packetsSent: number;
  readonly bytesSent: number;
  readonly bitrateOutBps: number;
  readonly packetsLost: number;
  /** Undefined until the receiver has reported. */
  readonly roundTripTimeMs: number | undefined;
}

/**
 * One end of a pipe: SRTP over UDP, lost packets sent again. A stream keeps its id on the other side, and all its
 * layers; requests for key frames travel back by themselves.
 */
export interface Pipe {
  readonly id: string;
  /** For the other side. Holds a key: never in a log. */
  readonly parameters: PipeParameters;
  readonly closed: boolean;
  /**
   * Where the other end is. The same parameters again do nothing.
   * @throws media.already-connected other parameters; the first connection is kept
   * @throws media.invalid-parameters
   * @throws media.unknown-transport the pipe is closed
   */
  connect(remote: PipeParameters): Promise<void>;
  /**
   * Puts a stream of this room on the pipe. It follows the pauses of its producer, and has one of its own.
   * @param options `paused` (default false): nothing of it crosses until `resume`
   * @throws media.unknown-producer there is none of that id in the room
   * @throws media.limit too many streams
   * @throws media.unknown-transport the pipe is closed
   */
  send(producerId: string, options?: { readonly paused?: boolean }): Promise<PipeSender>;
  /**
   * Takes a stream off the pipe: from now on it is a producer of this room like any other.
   * @param participantId whose it is
   * @throws media.invalid-parameters they contradict themselves, the kind, the room, or what is on the pipe
   * @throws media.limit too many streams
   * @throws media.unknown-transport the pipe is closed
   */
  receive(stream: PipedStream, participantId: string): Promise<Producer>;
  stats(): Promise<PipeStats>;
  close(): void;
}

export interface PipeStats {
  readonly bytesReceived: number;
  readonly bytesSent: number;
}

/** One stream of this room on its way to the other router. */
export interface PipeSender {
  readonly producerId: string;
  /** What `receive` on the other side needs. */
  readonly stream: PipedStream;
  /** By its own pause; the other side is not told of that one: no packets come, as when nobody speaks. */
  readonly paused: boolean;
  readonly closed: boolean;
  /** @throws media.unknown-producer it is closed; so does `resume` */
  pause(): Promise<void>;
  resume(): Promise<void>;
  /** Told once; it is closed then. */
  onProducerClose(listener: () => void): Unsubscribe;
  close(): void;
}

/** Upper bounds per participant and room; they bound what a hostile client can make a worker hold. */
export interface EngineLimits {
  /** Live transports of one participant in one room. */
  readonly transportsPerParticipant: number;
  readonly producersPerTransport: number;
  readonly consumersPerTransport: number;
  /** In each direction. */
  readonly streamsPerPipe: number;
}

export const defaultEngineLimits: EngineLimits = {
  // Two in use, two more while an old connection is being replaced.
  transportsPerParticipant: 4,
  producersPerTransport: 8,
  consumersPerTransport: 600,
  // A meeting of 2,000 with a microphone each, and a page of pictures.
  streamsPerPipe: 2_500,
};
