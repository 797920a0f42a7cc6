import type { AccountId, EndReason, MeetingId, NodeId, UserId, ZoneId } from '@guildhall/domain';
import type {
  DrainDeadline,
  ErrorCode,
  MeetingUpdateOrder,
  MonitoringEvent,
  PairReport,
  PlacementTold,
  QualityReport,
  RouterReport,
} from '@guildhall/protocol';

/** What a signed-in person's pages are told. */
export type Notice =
  | {
      readonly kind: 'meeting.started';
      readonly meetingId: MeetingId;
      readonly number: string;
      readonly topic: string;
      readonly startedAtMs: number;
    }
  | { readonly kind: 'meeting.ended'; readonly meetingId: MeetingId; readonly number: string }
  | { readonly kind: 'meetings.changed' };

/** Which controller speaks, and for whom. */
export interface ControllerName {
  readonly accountId: AccountId;
  readonly zoneId: ZoneId;
  readonly nodeId: NodeId;
  readonly name: string;
}

/** Something an administrator may want to read about later. */
export interface AccountEvent extends Omit<MonitoringEvent, 'id'> {
  readonly accountId: AccountId;
}

/** Every topic of the bus with what travels on it. Plain data only: another back may carry it between processes. */
export interface BusTopics {
  /** Tell every page of this person, whichever gateway holds it. */
  'person.notice': { readonly userId: UserId; readonly notice: Notice };
  /** A fact of the zone's policy changed: whoever holds a controller's link sends it the new one. */
  'policy.changed': { readonly zoneId: ZoneId };
  /** The node belongs to another zone now: whoever holds its link closes it, so that it registers there. */
  'node.moved': { readonly nodeId: NodeId };
  /** Whoever holds a controller's link of this zone asks it to end the meeting. */
  'meeting.end': { readonly zoneId: ZoneId; readonly meetingId: MeetingId; readonly reason: EndReason };
  /** Whoever holds a controller's link of this zone tells it what changed of a meeting that may be running there. */
  'meeting.updated': { readonly zoneId: ZoneId; readonly update: MeetingUpdateOrder };
  /** Whoever holds a controller's link of this zone has the router of this node drained, or take meetings again. */
  'router.drain': DrainDeadline & {
    readonly zoneId: ZoneId;
    readonly nodeId: NodeId;
    readonly draining: boolean;
  };
  /** This person's sessions ended or changed: gateways look again. */
  'person.signed-out': { readonly userId: UserId };
  /** For monitoring, from here on. A controller's link was opened … */
  'controller.connected': ControllerName & {
    readonly version: string;
    readonly urls: readonly string[];
    readonly startedAtMs: number;
  };
  /** … closed and not replaced … */
  'controller.gone': ControllerName;
  /** … or was not let in. */
  'controller.refused': ControllerName & { readonly code: ErrorCode };
  /** What a controller said of its routers. */
  'controller.status': ControllerName & {
    readonly routers: readonly RouterReport[];
    readonly meetings: number;
    readonly participants: number;
    readonly pair?: PairReport | undefined;
  };
  /** When the certificate of a controller ends. */
  'controller.certificate': ControllerName & { readonly expiresAtMs: number };
  /** What a router said of its meetings; `nodeId` is the controller that handed it on. */
  'router.quality': ControllerName & { readonly routerNodeId: NodeId; readonly report: QualityReport };
  /** Why a controller put a meeting where it is. */
  'meeting.placed': ControllerName & { readonly placement: PlacementTold };
  'account.event': AccountEvent;
}

export type Topic = keyof BusTopics;

/** Fan-out between the roles. A message may be lost, never repeated out of order; truth is in the store. */
export interface Bus {
  publish<T extends Topic>(topic: T, message: BusTopics[T]): void;
  /** Returns how to stop. A subscriber must not throw. */
  subscribe<T extends Topic>(topic: T, subscriber: (message: BusTopics[T]) => void): () => void;
}
