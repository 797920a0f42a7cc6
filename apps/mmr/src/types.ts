import type {
  Arrival,
  AudienceChanges,
  BranchCommand,
  BranchEffect,
  ChatLineId,
  EndReason,
  MediaSource,
  MeetingCheckpoint,
  MeetingCommand,
  MeetingId,
  MeetingLive,
  MeetingSpec,
  MeetingView,
  ParticipantId,
  RouterId,
  TrackId,
  TrackView,
} from '@guildhall/domain';
import type {
  BranchReport,
  cascadeContract,
  DtlsParameters,
  Entered,
  HelloAnswer,
  IceParameters,
  MediaKind,
  MediaOffer,
  meetingContract,
  MeetingEvent,
  NoRoom,
  OpenMeetingReport,
  PersonQuality,
  PipedStream,
  PipeParameters,
  RtpCapabilities,
  RtpParameters,
  SeatClaims,
  WantedTile,
} from '@guildhall/protocol';
import type { EventName, EventToSend, InputReceived, OutputReceived, Peer } from '@guildhall/rpc';

/** The ports through which the folders of this app know each other; main.ts joins them. */

/** The link of one browser. */
export type MeetingPeer = Peer<typeof meetingContract, 'a'>;
type MeetingHalf = (typeof meetingContract)['a'];
export type MeetingEventName = EventName<MeetingHalf>;
export type MeetingEventData<K extends MeetingEventName> = EventToSend<MeetingHalf, K>;

/** What somebody sends, as the browser describes it. */
export interface ProduceRequest {
  readonly transportId: string;
  readonly trackId: TrackId;
  readonly kind: MediaKind;
  readonly source: MediaSource;
  readonly rtpParameters: RtpParameters;
  readonly muted: boolean;
}

/** What the media of a meeting tells its meeting. Never called from within a call into the media. */
export interface MediaListener {
  /** Sends an event to one participant; false when its link is not there. */
  tell<K extends MeetingEventName>(participantId: ParticipantId, name: K, data: MeetingEventData<K>): boolean;
  tellAll<K extends MeetingEventName>(name: K, data: MeetingEventData<K>): void;
  /** Everything that was sent and received is gone; `restart` each participant who is here. */
  lost(): void;
  /** A new room is open. */
  restored(): void;
  speaker(participantId: ParticipantId): void;
}

/** The media of one meeting: what each participant sends, wants and gets. All refusals are registered `media.*` errors. */
export interface MeetingMediaPort {
  /** The transports of a participant, made now. Those of before are closed with all that was on them. */
  start(participantId: ParticipantId): Promise<MediaOffer>;
  /** The offer of the transports that are alive and in use, when the browser can go on with them. */
  running(participantId: ParticipantId): MediaOffer | undefined;
  drop(participantId: ParticipantId): void;
  attach(participantId: ParticipantId, epoch: number, rtpCapabilities: RtpCapabilities): void;
  connect(participantId: ParticipantId, transportId: string, dtlsParameters: DtlsParameters): Promise<void>;
  restartIce(participantId: ParticipantId, transportId: string): Promise<IceParameters>;
  produce(participantId: ParticipantId, request: ProduceRequest): Promise<void>;
  /** Whether this track is being received from this participant. */
  sends(participantId: ParticipantId, trackId: TrackId): boolean;
  setMuted(participantId: ParticipantId, trackId: TrackId, muted: boolean): void;
  stop(participantId: ParticipantId, trackId: TrackId): void;
  want(participantId: ParticipantId, tiles: readonly WantedTile[]): void;
  consumerReady(participantId: ParticipantId, consumerId: string): Promise<void>;
  /**
   * What somebody of this meeting sends who is on another router; replaces what was said of this one before.
   * @param tracks undefined: the participant is not on another router any more
   */
  setElsewhere(participantId: ParticipantId, tracks: readonly RemoteTrack[] | undefined): void;
  /** One more router of this meeting to exchange streams with. */
  link(far: FarRouter): MediaLink;
  /** How the media of a participant gets through now; undefined while there is none. */
  measure(participantId: ParticipantId): Promise<LinkMeasure | undefined>;
  /** For /debug/state. */
  describe(): unknown;
  /** Idempotent. */
  close(): void;
}

/** Another router of the same meeting, as its media is asked for. */
export interface FarRouter {
  /** Has a stream put on the pipe, or says how much of it is watched now. @throws media.*, link.closed */
  want(trackId: TrackId, maxSpatialLayer: number): Promise<PipedStream>;
  unwant(trackId: TrackId): void;
  /** The pipe went with the room; a new one may be offered. */
  pipeLost(): void;
  /** A stream from a third router went with the pipe to that one: it has to be asked for again. */
  ended(trackId: TrackId): void;
}

/** The streams between this router and another one of the meeting. Each crosses once, and only while it is wanted. */
export interface MediaLink {
  /** A new end of the pipe; the one of before is closed with all that was on it. @throws media.unavailable */
  offer(): Promise<PipeParameters>;
  /** @throws media.invalid-parameters, media.unknown-transport there is no pipe, or it was replaced */
  connect(remote: PipeParameters): Promise<void>;
  /** The other router wants this track. @throws media.unknown-producer, media.unknown-transport, media.limit */
  serve(trackId: TrackId, maxSpatialLayer: number): Promise<PipedStream>;
  release(trackId: TrackId): void;
  /** The other router has this one no more for now. */
  ended(trackId: TrackId): void;
  /** Idempotent. */
  close(): void;
}

export interface RemoteTrack extends TrackView {
  readonly participantId: ParticipantId;
  /** Where it comes from. */
  readonly link: MediaLink;
}

/** Of one participant, since the measurement before. What is not known is null. */
export type LinkMeasure = Omit<PersonQuality, 'participantId' | 'name' | 'role' | 'mos'>;

/** Who is in a meeting, for those who watch it. */
export interface WatchedMeeting {
  readonly meetingId: MeetingId;
  readonly startedAtMs: number;
  readonly people: readonly Pick<PersonQuality, 'participantId' | 'name' | 'role'>[];
  measure(participantId: ParticipantId): Promise<LinkMeasure | undefined>;
}

export type OpenMedia = (meetingId: MeetingId, listener: MediaListener) => Promise<MeetingMediaPort>;

/** What a controller stores of a meeting. */
export interface StoredMeeting {
  readonly meetingId: MeetingId;
  readonly epoch: number;
  /** Grows with every change worth storing. */
  readonly version: number;
  readonly rev: number;
  checkpoint(): MeetingCheckpoint;
  /** Another router owns the meeting: a controller refused this one as outdated. */
  superseded(): void;
}

/** The controllers, as meetings know them. */
export interface ZonePort {
  /** Has the newest checkpoint stored by every controller, at once or within moments. */
  store(meeting: StoredMeeting, when: 'now' | 'soon'): void;
  /** Resolves when a controller has stored the present version or a later one. @throws meeting.not-stored */
  stored(meeting: StoredMeeting): Promise<void>;
  /** The same for what is said also when nobody stores it: resolves then too. @throws link.closed when it moved on */
  kept(meeting: StoredMeeting): Promise<void>;
  /** Resolves when a controller knows that the meeting is over. @throws meeting.not-stored */
  ended(end: { meetingId: MeetingId; epoch: number; reason: EndReason; atMs: number }): Promise<void>;
  history(event: MeetingEvent): void;
  /** Number of participants or of meetings changed. */
  loadChanged(): void;
}

/** A controller's order to open a meeting, or to continue one where a checkpoint left it. */
export interface OpenOrder {
  readonly meeting: MeetingSpec;
  readonly epoch: number;
  readonly checkpoint: MeetingCheckpoint | null;
  /** Of the copy the checkpoint is from, if the controller says so. */
  readonly checkpointEpoch?: number | undefined;
  /** Only when it moves here from a router that lives. */
  readonly live?: MeetingLive;
}

/** What another router needs to go on with a meeting of this one. */
export interface HandedOver {
  readonly epoch: number;
  readonly rev: number;
  readonly checkpoint: MeetingCheckpoint;
  readonly live: MeetingLive;
}

/** All meetings of this router, as the zone's orders and the signalling know them. */
export interface MeetingsPort {
  /** @throws zone.stale-epoch, zone.full, media.unavailable */
  open(order: OpenOrder): Promise<{ alreadyOpen: boolean }>;
  end(meetingId: MeetingId, reason: EndReason): void;
  /** @throws meeting.not-here */
  handover(meetingId: MeetingId): Promise<HandedOver>;
  moved(meetingId: MeetingId, epoch: number): void;
  find(meetingId: MeetingId): MeetingDoor | undefined;
  reports(): OpenMeetingReport[];
  stored(): StoredMeeting[];
}

export interface Resume {
  readonly sessionId: string;
  readonly rev: number;
}

/** Where a browser with a good seat comes in. */
export interface MeetingDoor {
  /** Whether this session may go on, even with a seat whose time is over: it was good when the session began. */
  knows(participantId: ParticipantId, sessionId: string): boolean;
  /**
   * Lets somebody in, or into the lobby. The answer is given to `reply` before anything else is sent to this peer.
   * When the link closes while this runs, that is noticed here; later the attendance must be told.
   * @throws the errors of `hello`
   */
  enter(
    seat: SeatClaims,
    peer: MeetingPeer,
    resume: Resume | undefined,
    reply: (answer: HelloAnswer, attendance: Attendance) => void,
  ): Promise<HelloAnswer>;
}

/** One participant as its link knows it. Every method is refused with `meeting.waiting` in the lobby. */
export interface Attendance {
  readonly participantId: ParticipantId;
  /** `gone`: left, removed, ended, or replaced by a newer link. */
  readonly state: 'lobby' | 'joined' | 'gone';
  view(): { rev: number; view: MeetingView };
  /** The client of this link takes several revisions in one message. */
  tellTogether(): void;
  /** Runs a command; resolves when its outcome is as safe as the command demands. */
  act(command: MeetingCommand): Promise<void>;
  chat(lineId: ChatLineId, text: string): Promise<{ sentAtMs: number }>;
  produce(request: ProduceRequest): Promise<void>;
  mute(trackId: TrackId, muted: boolean): Promise<void>;
  stop(trackId: TrackId): Promise<void>;
  /** The meeting moved, and this browser has all it needs from the router of now. Possible in the lobby too. */
  moved(): void;
  readonly media: MeetingMediaPort;
  /** The link closed. */
  lost(): void;
}

/** One revision as it was told. */
export interface LoggedChanges {
  readonly rev: number;
  readonly changes: AudienceChanges;
}

type CascadeTop = (typeof cascadeContract)['a'];
export type BranchOpening = InputReceived<CascadeTop, 'open'>;
export type BranchOpened = OutputReceived<CascadeTop, 'open'>;

/** What the router that owns a meeting tells the router of a branch. */
export interface BranchFeed {
  revised(revision: LoggedChanges): void;
  affected(effect: BranchEffect): void;
  /** Somebody found no room: for those behind the branch who moderate. */
  turnedAway(why: NoRoom): void;
  /** A newer link took over, or the meeting is over. */
  close(): void;
}

/** What people can bring about, wherever the meeting is. @throws the refusals of the rules; link.closed */
export interface MeetingAuthority {
  enter(person: Arrival): Promise<Entered>;
  act(command: BranchCommand): Promise<void>;
  chat(by: ParticipantId, lineId: ChatLineId, text: string): Promise<{ sentAtMs: number }>;
  /** Whether a track would be allowed, and whether it would begin muted. */
  plan(participantId: ParticipantId, track: TrackView): Promise<{ muted: boolean }>;
}

/** One branch, at the router that owns the meeting. */
export interface BranchDoor extends MeetingAuthority {
  readonly media: MediaLink;
  /** The branch has no room for somebody. */
  turnedAway(why: NoRoom): void;
  /** The link is gone. Idempotent. */
  lost(): void;
}

/** A meeting of this router, as its branches know it. */
export interface BranchesPort {
  open(
    opening: Pick<BranchOpening, 'routerId' | 'since' | 'people'>,
    feed: BranchFeed,
    far: FarRouter,
  ): Promise<{ opened: BranchOpened; door: BranchDoor }>;
}

/** Where the router of a branch finds the router that owns the meeting. */
export interface BranchOrder {
  readonly meetingId: MeetingId;
  readonly epoch: number;
  readonly top: { readonly routerId: RouterId; readonly urls: readonly string[] };
  readonly token: string;
}

/** The link of a branch to the router that owns the meeting, redialled when it breaks. */
export interface BranchUplink extends MeetingAuthority {
  readonly far: FarRouter;
  /** Resolves when linked for the first time; @throws why it cannot be */
  readonly ready: Promise<void>;
  /** Another router owns the meeting now, or the same one with a newer order. */
  lead(order: BranchOrder): void;
  /** Tells the owner that somebody found no room here; lost when the link is not there. */
  turnedAway(why: NoRoom): void;
  /** Exchanges the ends of a pipe. @throws media.*, link.closed */
  openPipe(own: PipeParameters): Promise<PipeParameters>;
  /** Idempotent. */
  close(): void;
}

/** What the link tells the branch, in order. */
export interface BranchListener {
  /** Said at each dialling. */
  opening(): Pick<BranchOpening, 'since' | 'people'>;
  opened(answer: BranchOpened): void;
  revised(revision: LoggedChanges): void;
  affected(effect: BranchEffect): void;
  turnedAway(why: NoRoom): void;
  pipeLost(): void;
  readonly media: () => MediaLink;
  linkLost(): void;
}

export type OpenUplink = (order: BranchOrder, listener: BranchListener) => BranchUplink;

/** The branches this router holds of meetings that others own. */
export interface BranchHousePort {
  open(order: BranchOrder): Promise<void>;
  /** This router is to own the meeting itself: people of the branch dial again. */
  giveWay(meetingId: MeetingId): void;
  end(meetingId: MeetingId, reason: EndReason): void;
  reports(): BranchReport[];
}
