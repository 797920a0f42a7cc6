import type {
  EndReason,
  Included,
  MeetingCheckpoint,
  MeetingId,
  NodeId,
  OverloadCause,
  ZoneId,
} from '@guildhall/domain';
import type {
  DrainDeadline,
  BranchReport,
  MeetingEvent,
  MeetingUpdateOrder,
  NoRoom,
  OpenMeetingReport,
  PortalChanges,
  PublicJwk,
  QualityReport,
  RouterLoad,
  ZoneControllers,
} from '@guildhall/protocol';
import type { BranchOrder, HandedOver, OpenOrder } from '../types.ts';

/** Older routers take no new meetings from then on. */
export interface MinimumVersion {
  readonly version: string;
  readonly fromMs: number;
}

/** What a controller said when the router registered. */
export interface ControllerFacts {
  readonly controllerId: NodeId;
  readonly zoneId: ZoneId;
  readonly seatKeys: readonly PublicJwk[];
  readonly webOrigins: readonly string[];
  readonly limits: { readonly participantsPerRouter: number; readonly meetingsPerRouter: number };
  /** Absent: a controller of before. */
  readonly zoneControllers?: ZoneControllers | undefined;
}

/** What a controller may ask of this router. */
export interface ZoneOrders {
  open(order: OpenOrder): Promise<{ alreadyOpen: boolean }>;
  /** @throws zone.stale-epoch, zone.full, media.unavailable, link.unreachable */
  branch(order: BranchOrder): Promise<void>;
  merge(meetingId: MeetingId, other: Included, checkpoint: MeetingCheckpoint): Promise<boolean>;
  /** False when the meeting is not open here. @throws meeting.not-stored, link.closed when it moved on meanwhile */
  update(update: MeetingUpdateOrder): Promise<boolean>;
  /** What may not have been told at its time; the same answers. */
  catchUp(missed: PortalChanges): Promise<boolean>;
  end(meetingId: MeetingId, reason: EndReason): void;
  handover(meetingId: MeetingId): Promise<HandedOver>;
  moved(meetingId: MeetingId, epoch: number): void;
  drain(order: DrainDeadline & { readonly draining: boolean }): void;
  /** Somebody found no room in a meeting that is open here. */
  turnedAway(meetingId: MeetingId, why: NoRoom): void;
}

/** One controller, as long as its link stands. All reject with what it answered, or `link.closed`. */
export interface RegisteredController {
  putCheckpoint(input: {
    meetingId: MeetingId;
    epoch: number;
    rev: number;
    checkpoint: MeetingCheckpoint;
  }): Promise<void>;
  meetingEnded(input: MeetingEnd): Promise<void>;
  putEvents(batchId: string, events: readonly MeetingEvent[]): Promise<void>;
  reportLoad(report: LoadReport): void;
  reportQuality(report: QualityReport): void;
}

export interface LoadReport {
  readonly load: RouterLoad;
  readonly meetings: readonly OpenMeetingReport[];
  readonly branches: readonly BranchReport[];
  readonly draining: boolean;
  /** When a drain ends what it could not give away, epoch ms; null while it will not. */
  readonly drainEndsAtMs: number | null;
  /** Why nobody new is let in; null while people are. */
  readonly overload: OverloadCause | null;
}

export interface MeetingEnd {
  readonly meetingId: MeetingId;
  readonly epoch: number;
  readonly reason: EndReason;
  readonly atMs: number;
}
