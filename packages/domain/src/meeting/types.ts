import type { ChatLineId, MeetingId, ParticipantId, TrackId } from '../ids.ts';

export const roles = ['host', 'co-host', 'participant', 'guest'] as const;
export type Role = (typeof roles)[number];

export const mediaSources = ['mic', 'camera', 'screen', 'screen-audio'] as const;
export type MediaSource = (typeof mediaSources)[number];

export const presences = ['connected', 'reconnecting'] as const;
export type Presence = (typeof presences)[number];

export const leaveReasons = ['left', 'removed', 'timeout', 'ended'] as const;
export type LeaveReason = (typeof leaveReasons)[number];

/** `drained`: its router was to be empty by a deadline, and no other one had room. */
export const endReasons = ['ended-by-host', 'ended-by-portal', 'empty', 'moved', 'drained'] as const;
export type EndReason = (typeof endReasons)[number];

/** What the owner of the meeting decided in the portal; the host may change it while the meeting runs. */
export interface MeetingSettings {
  readonly lobby: boolean;
  readonly guestsAllowed: boolean;
  /** Whether people may be in the meeting before a host is. */
  readonly joinBeforeHost: boolean;
  readonly muteOnEntry: boolean;
  readonly chat: boolean;
  readonly screenShare: 'everyone' | 'hosts';
}

/** What both a host in the meeting and its owner in the portal may change; the topic only the owner. */
export type SpecField = 'topic' | keyof MeetingSettings;
/** When each was last changed in the meeting or there, epoch ms of the router; absent: as the meeting was opened. */
export type SpecTimes = { readonly [field in SpecField]?: number | undefined };

/** What a zone must know of a meeting to open it with the cloud away. */
export interface MeetingSpec {
  readonly meetingId: MeetingId;
  /** 9 to 11 digits. */
  readonly number: string;
  readonly topic: string;
  readonly settings: MeetingSettings;
}

export interface TrackView {
  readonly trackId: TrackId;
  readonly source: MediaSource;
  readonly muted: boolean;
}

export interface ParticipantView {
  readonly participantId: ParticipantId;
  readonly name: string;
  readonly role: Role;
  readonly presence: Presence;
  readonly joinedAtMs: number;
  /** Epoch ms, so that raised hands can be taken in order; null when down. */
  readonly handRaisedAtMs: number | null;
  readonly tracks: readonly TrackView[];
}

export interface WaitingView {
  readonly participantId: ParticipantId;
  readonly name: string;
  readonly sinceMs: number;
}

export interface ChatLine {
  readonly lineId: ChatLineId;
  readonly participantId: ParticipantId;
  readonly name: string;
  readonly text: string;
  readonly sentAtMs: number;
}

/** What a client sees. `lobby` is empty for everybody who may not admit. */
export interface MeetingView {
  readonly meetingId: MeetingId;
  readonly number: string;
  readonly topic: string;
  readonly startedAtMs: number;
  readonly locked: boolean;
  readonly settings: MeetingSettings;
  readonly participants: readonly ParticipantView[];
  readonly lobby: readonly WaitingView[];
  readonly chat: readonly ChatLine[];
  readonly activeSpeaker: ParticipantId | null;
}

/** A step from one revision of the view to the next. */
export type MeetingChange =
  | { readonly kind: 'participant.joined'; readonly participant: ParticipantView }
  | { readonly kind: 'participant.left'; readonly participantId: ParticipantId; readonly reason: LeaveReason }
  | {
      readonly kind: 'participant.changed';
      readonly participantId: ParticipantId;
      readonly name?: string;
      readonly role?: Role;
      readonly presence?: Presence;
      readonly handRaisedAtMs?: number | null;
    }
  | { readonly kind: 'track.added'; readonly participantId: ParticipantId; readonly track: TrackView }
  | {
      readonly kind: 'track.changed';
      readonly participantId: ParticipantId;
      readonly trackId: TrackId;
      readonly muted: boolean;
    }
  | { readonly kind: 'track.removed'; readonly participantId: ParticipantId; readonly trackId: TrackId }
  | { readonly kind: 'lobby.added'; readonly waiting: WaitingView }
  | { readonly kind: 'lobby.removed'; readonly participantId: ParticipantId }
  | { readonly kind: 'lobby.replaced'; readonly lobby: readonly WaitingView[] }
  | { readonly kind: 'chat.added'; readonly line: ChatLine }
  | { readonly kind: 'settings.changed'; readonly settings: MeetingSettings }
  | { readonly kind: 'lock.changed'; readonly locked: boolean }
  | { readonly kind: 'topic.changed'; readonly topic: string }
  | { readonly kind: 'speaker.changed'; readonly participantId: ParticipantId | null };

/** Who a seat belongs to, across devices: a user id, or `guest:` and the participant id. */
export type Subject = string;

export interface CheckpointPerson {
  readonly participantId: ParticipantId;
  readonly subject: Subject;
  readonly name: string;
  readonly role: Role;
  /** First arrival of this participant, epoch ms. */
  readonly joinedAtMs: number;
  readonly handRaisedAtMs: number | null;
}

/**
 * What survives the death of a router: enough to put everybody back in the same seat, role and lobby state.
 * Media is not in it; clients produce again.
 */
export interface MeetingCheckpoint {
  readonly spec: MeetingSpec;
  readonly rev: number;
  readonly startedAtMs: number;
  readonly locked: boolean;
  readonly people: readonly CheckpointPerson[];
  readonly waiting: readonly CheckpointPerson[];
  /** Participants once admitted: they need not wait again. */
  readonly admitted: readonly ParticipantId[];
  readonly removed: readonly { readonly participantId: ParticipantId; readonly subject: Subject }[];
  /** The newest lines, at most 200. */
  readonly chat: readonly ChatLine[];
  /** Other copies of the meeting whose facts this one holds, as epoch and revision. Absent when there are none. */
  readonly includes?: readonly { readonly epoch: number; readonly rev: number }[] | undefined;
  /** Absent in one of before. */
  readonly changedAtMs?: SpecTimes | undefined;
}
