import type {
  EndReason,
  MeetingCheckpoint,
  MeetingId,
  MeetingLive,
  MeetingSpec,
  NodeId,
  OverloadCause,
  Placement,
  RouterId,
} from '@guildhall/domain';
import type {
  DrainDeadline,
  BranchReport,
  MeetingEvent,
  MeetingUpdateOrder,
  NoRoom,
  OpenMeetingReport,
  OpenPlace,
  Policy,
  PortalChanges,
  RouterLoad,
} from '@guildhall/protocol';

/** The ports through which the folders of this app know each other; main.ts joins them. */

export interface PolicyPort {
  /** The last policy the cloud gave, undefined before the first one ever. */
  readonly current: Policy | undefined;
  /** Returns how to stop. */
  onChange(callback: (policy: Policy) => void): () => void;
}

/** What a router that gives a meeting away says of it. */
export interface HandedOver {
  readonly epoch: number;
  readonly rev: number;
  readonly checkpoint: MeetingCheckpoint;
  readonly live: MeetingLive;
}

export interface BranchOrder {
  readonly meetingId: MeetingId;
  readonly epoch: number;
  readonly top: { readonly routerId: RouterId; readonly urls: string[] };
  readonly token: string;
}

/** Makes the token by which one router may open a branch of one meeting at another. @throws GuildhallError `node.unknown` */
export type SignBranch = (facts: {
  readonly meetingId: MeetingId;
  readonly epoch: number;
  readonly top: RouterId;
  readonly branch: Pick<LinkedRouter, 'routerId' | 'nodeId'>;
}) => Promise<string>;

/** What a linked router can be asked and told. */
interface RouterLink {
  /** @throws GuildhallError `zone.stale-epoch`, `zone.full`, `media.unavailable`, `link.closed`, `request.timeout` */
  openMeeting(order: {
    meeting: MeetingSpec;
    epoch: number;
    checkpoint: MeetingCheckpoint | null;
    /** Only when it moves there from a router that lives. */
    live?: MeetingLive;
    checkpointEpoch?: number;
  }): Promise<void>;
  /**
   * Opens a branch of a meeting that another router owns, or leads the open one there.
   * @throws GuildhallError `zone.stale-epoch`, `zone.full`, `media.unavailable`, `link.*`, `request.timeout`
   */
  openBranch(order: BranchOrder): Promise<void>;
  /** Has the facts of another copy taken into the one that is open there; false when it is not open there. */
  mergeMeeting(copy: StoredCopy): Promise<boolean>;
  endMeeting(meetingId: MeetingId, reason: EndReason): Promise<void>;
  /** False when it is not open there. @throws GuildhallError `meeting.not-stored`, `link.closed`, `request.*` */
  updateMeeting(update: MeetingUpdateOrder): Promise<boolean>;
  /** The same for what may not have been told at its time. */
  catchUpMeeting(missed: PortalChanges): Promise<boolean>;
  /** Has the meeting stand still for a move. @throws GuildhallError `meeting.not-here`, `link.closed`, `request.timeout` */
  handOver(meetingId: MeetingId): Promise<HandedOver>;
  /** Another router has it: its people are sent there. */
  meetingMoved(meetingId: MeetingId, epoch: number): Promise<void>;
  drain(order: DrainDeadline & { readonly draining: boolean }): Promise<void>;
  /** Somebody found no room in a meeting it holds; lost when the link is. */
  turnedAway(meetingId: MeetingId, why: NoRoom): void;
  close(code: number, reason: string): void;
}

/** A router whose link is open. Soft state: rebuilt from what it reports. */
export interface LinkedRouter {
  readonly routerId: RouterId;
  readonly nodeId: NodeId;
  readonly version: string;
  readonly signallingUrls: readonly string[];
  readonly sinceMs: number;
  readonly link: RouterLink;
  /** Null until the first report. */
  load: RouterLoad | null;
  reportedAtMs: number | null;
  /** As it said in the last report. */
  draining: boolean;
  /** Why it takes nobody new, by its last report; absent while it does. */
  overload?: OverloadCause | undefined;
  /** When it ends what it could not give away, epoch ms; absent while it will not. */
  drainEndsAtMs?: number | undefined;
  /** Placed and not seen in a report yet. */
  pendingParticipants: number;
  pendingMeetings: number;
}

export interface RegistryPort {
  get(routerId: RouterId): LinkedRouter | undefined;
  all(): readonly LinkedRouter[];
  /**
   * Resolves true as soon as a router that was not usable may take meetings, false at the deadline.
   * @param untilMs monotonic milliseconds
   */
  waitForUsable(untilMs: number): Promise<boolean>;
}

/** What the disk knows of a meeting. */
export interface StoredMeeting {
  readonly meetingId: MeetingId;
  readonly epoch: number;
  readonly checkpoint: MeetingCheckpoint | null;
}

/** A checkpoint and which copy of the meeting it is from. */
export interface StoredCopy {
  readonly meetingId: MeetingId;
  readonly epoch: number;
  readonly rev: number;
  readonly checkpoint: MeetingCheckpoint;
}

export interface StoredEnd {
  readonly meetingId: MeetingId;
  readonly epoch: number;
  readonly reason: EndReason;
  readonly atMs: number;
}

/** Every method that changes something returns after the commit. @throws GuildhallError `store.unavailable` */
export interface MeetingStorePort {
  /** The highest epoch given out or learned; 0 for a meeting never heard of. */
  epochOf(meetingId: MeetingId): number;
  /** Remembers an epoch before it is used, so that a restart never gives it out again. Never lowers it. */
  raiseEpoch(meetingId: MeetingId, epoch: number): void;
  checkpointOf(meetingId: MeetingId): MeetingCheckpoint | null;
  /** What a meeting is opened again from, null when nobody knows anything of it. */
  latestOf(meetingId: MeetingId): StoredCopy | null;
  /** Copies whose facts the one that goes on does not have yet. */
  leftoversOf(meetingId: MeetingId): readonly StoredCopy[];
  /** Told when a meeting has leftovers. Returns how to stop. */
  onLeftover(callback: (meetingId: MeetingId) => void): () => void;
  /** Meetings with a checkpoint and without an end. */
  openMeetings(): readonly StoredMeeting[];
  /** What is too old is kept all the same until a newer copy includes it. @throws GuildhallError `zone.stale-epoch` */
  putCheckpoint(input: StoredCopy): Promise<void>;
  /** Forgets the checkpoint and tells the cloud once. @throws GuildhallError `zone.stale-epoch` */
  endMeeting(input: StoredEnd): void;
  /** The same for an end that the other controller has told the cloud. One that is too old does nothing. */
  endToldMeeting(input: StoredEnd): void;
  /** The last end of the meeting, unless it was opened again since. */
  endOf(meetingId: MeetingId): { readonly epoch: number; readonly reason: EndReason } | null;
  /** When a host or the portal last ended a meeting of this id, opened again since or not; null when never. */
  endedOnPurposeAtMs(meetingId: MeetingId): number | null;
}

export interface OutboxPort {
  /** The same batch twice is stored once. @throws GuildhallError `store.unavailable` */
  put(batchId: string, events: readonly MeetingEvent[]): void;
}

/** Where the routers' links tell what they hear. */
export interface MeetingsPort {
  adopt(
    router: LinkedRouter,
    reports: readonly OpenMeetingReport[],
    branches?: readonly BranchReport[],
  ): void;
  ended(router: LinkedRouter, meetingId: MeetingId): void;
  /** Resolves when what an outdated copy knew was taken over by the one that goes on, or could not be soon. */
  merged(meetingId: MeetingId): Promise<void>;
  routerGone(routerId: RouterId): void;
  routerUsable(): void;
}

/** Where a seat is for. */
export type SeatPlace = Pick<LinkedRouter, 'routerId' | 'signallingUrls'>;

export interface Located {
  /** Not always linked: the other controller may be the one that sees it. */
  readonly router: SeatPlace;
  readonly epoch: number;
  /** Null when the meeting was open already. */
  readonly placement: Placement | null;
}

/** The right to open a meeting, or where it is open already. */
export type Reserved =
  | {
      readonly kind: 'granted';
      readonly epoch: number;
      /** Whether it still holds now, which it does not after a pause; from then on the order counts as given. */
      use(): boolean;
      /** The order was answered or came to nothing. Idempotent. */
      done(): void;
    }
  | { readonly kind: 'elsewhere'; readonly place: OpenPlace };

/** Sees to it that one of the two controllers opens a meeting. */
export interface ReservePort {
  /**
   * @param ask.router where it is to be opened
   * @param ask.steps counters to skip, for a router that obeys newer orders
   * @param ask.untilMs monotonic; how long the other controller may be waited for while it opens the meeting itself
   * @throws GuildhallError `zone.open-failed`, `store.unavailable`
   */
  reserve(ask: {
    readonly meetingId: MeetingId;
    readonly router: SeatPlace;
    readonly steps: number;
    readonly untilMs: number;
  }): Promise<Reserved>;
  /** For a meeting whose router stands still for this controller: nobody else may open it meanwhile. */
  move(meetingId: MeetingId, steps: number): Extract<Reserved, { kind: 'granted' }>;
}
