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
  BranchReport,
  MeetingEvent,
  NoRoom,
  OpenMeetingReport,
  Policy,
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
  }): Promise<void>;
  /**
   * Opens a branch of a meeting that another router owns, or leads the open one there.
   * @throws GuildhallError `zone.stale-epoch`, `zone.full`, `media.unavailable`, `link.*`, `request.timeout`
   */
  openBranch(order: BranchOrder): Promise<void>;
  endMeeting(meetingId: MeetingId, reason: EndReason): Promise<void>;
  /** Has the meeting stand still for a move. @throws GuildhallError `meeting.not-here`, `link.closed`, `request.timeout` */
  handOver(meetingId: MeetingId): Promise<HandedOver>;
  /** Another router has it: its people are sent there. */
  meetingMoved(meetingId: MeetingId, epoch: number): Promise<void>;
  drain(order: { draining: boolean; deadlineMs?: number }): Promise<void>;
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
  /** Placed since the last report. */
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

/** Every method that changes something returns after the commit. @throws GuildhallError `store.unavailable` */
export interface MeetingStorePort {
  /** The highest epoch given out or learned; 0 for a meeting never heard of. */
  epochOf(meetingId: MeetingId): number;
  /** Remembers an epoch before it is used, so that a restart never gives it out again. Never lowers it. */
  raiseEpoch(meetingId: MeetingId, epoch: number): void;
  checkpointOf(meetingId: MeetingId): MeetingCheckpoint | null;
  /** Meetings with a checkpoint and without an end. */
  openMeetings(): readonly StoredMeeting[];
  putCheckpoint(input: {
    meetingId: MeetingId;
    epoch: number;
    rev: number;
    checkpoint: MeetingCheckpoint;
  }): Promise<void>;
  /** Forgets the checkpoint and tells the cloud once. @throws GuildhallError `zone.stale-epoch` */
  endMeeting(input: { meetingId: MeetingId; epoch: number; reason: EndReason; atMs: number }): void;
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
  routerGone(routerId: RouterId): void;
  routerUsable(): void;
}

export interface Located {
  readonly router: LinkedRouter;
  readonly epoch: number;
  /** Null when the meeting was open already. */
  readonly placement: Placement | null;
}
