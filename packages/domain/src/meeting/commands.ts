import type { ChatLineId, ParticipantId, TrackId } from '../ids.ts';
import type { MeetingState } from './state.ts';
import type {
  EndReason,
  LeaveReason,
  MeetingCheckpoint,
  MediaSource,
  MeetingChange,
  MeetingSettings,
  Role,
  Subject,
  TrackView,
} from './types.ts';

/** Who stands at the door, as the seat says. */
export interface Arrival {
  readonly participantId: ParticipantId;
  readonly subject: Subject;
  readonly name: string;
  readonly role: Role;
}

/** What changed of a meeting; what is not named stays as it is. */
export interface MeetingUpdate {
  readonly topic?: string;
  readonly settings?: Partial<MeetingSettings>;
}

/** `by` is the participant who asks; its role is looked up, never taken from the message. */
export type MeetingCommand =
  | { readonly kind: 'join'; readonly person: Arrival }
  /** The connection is gone; the place is kept for the reconnect grace. */
  | { readonly kind: 'lost'; readonly participantId: ParticipantId }
  | { readonly kind: 'back'; readonly participantId: ParticipantId }
  | { readonly kind: 'leave'; readonly participantId: ParticipantId }
  /** Lets time pass: see nextDeadlineMs. */
  | { readonly kind: 'tick' }
  | { readonly kind: 'track.add'; readonly participantId: ParticipantId; readonly track: TrackView }
  | {
      readonly kind: 'track.mute';
      readonly participantId: ParticipantId;
      readonly trackId: TrackId;
      readonly muted: boolean;
    }
  | { readonly kind: 'track.remove'; readonly participantId: ParticipantId; readonly trackId: TrackId }
  /** All media of this person is gone (the media worker died). */
  | { readonly kind: 'tracks.drop'; readonly participantId: ParticipantId }
  | { readonly kind: 'speaker'; readonly participantId: ParticipantId | null }
  | {
      readonly kind: 'chat';
      readonly by: ParticipantId;
      readonly lineId: ChatLineId;
      readonly text: string;
    }
  | { readonly kind: 'hand'; readonly by: ParticipantId; readonly raised: boolean }
  | { readonly kind: 'name'; readonly by: ParticipantId; readonly name: string }
  | { readonly kind: 'admit'; readonly by: ParticipantId; readonly participantId: ParticipantId }
  | { readonly kind: 'admitAll'; readonly by: ParticipantId }
  | { readonly kind: 'refuse'; readonly by: ParticipantId; readonly participantId: ParticipantId }
  | { readonly kind: 'lock'; readonly by: ParticipantId; readonly locked: boolean }
  | {
      readonly kind: 'mute';
      readonly by: ParticipantId;
      readonly participantId: ParticipantId;
      readonly source: MediaSource;
    }
  | { readonly kind: 'muteAll'; readonly by: ParticipantId }
  | { readonly kind: 'remove'; readonly by: ParticipantId; readonly participantId: ParticipantId }
  | {
      readonly kind: 'setRole';
      readonly by: ParticipantId;
      readonly participantId: ParticipantId;
      readonly role: 'host' | 'co-host' | 'participant';
    }
  | { readonly kind: 'setSettings'; readonly by: ParticipantId; readonly settings: MeetingSettings }
  | { readonly kind: 'end'; readonly by: ParticipantId }
  /** Another copy of this meeting gives way to this one; what was decided there holds here too. */
  | { readonly kind: 'merge'; readonly checkpoint: MeetingCheckpoint }
  /**
   * Its owner changed it in the portal: what is named holds from now on, whatever a host has set in the meeting before.
   * With `madeAtMs`, by the clock of the router, it was told late, and what was changed in the meeting since then stays.
   */
  | { readonly kind: 'update'; readonly change: MeetingUpdate; readonly madeAtMs?: number }
  /** The zone ends it. */
  | { readonly kind: 'close'; readonly reason: EndReason };

/** What must be done besides telling the changes. In the order in which it came about. */
export type MeetingEffect =
  /** First arrival in the meeting; with `wasWaiting` it is to be told that it was admitted. */
  | { readonly kind: 'entered'; readonly participantId: ParticipantId; readonly wasWaiting: boolean }
  /** Left for good, from the meeting or from the lobby. */
  | {
      readonly kind: 'gone';
      readonly participantId: ParticipantId;
      readonly reason: LeaveReason | 'refused';
      readonly wasWaiting: boolean;
    }
  /** Nothing of this track may be forwarded from now on. */
  | { readonly kind: 'silence'; readonly participantId: ParticipantId; readonly trackId: TrackId }
  | { readonly kind: 'stop-track'; readonly participantId: ParticipantId; readonly trackId: TrackId }
  | { readonly kind: 'waiting-for'; readonly waitingFor: 'host' | 'admission' }
  | { readonly kind: 'ended'; readonly reason: EndReason };

/** The codes of the error registry that the rules use. */
export type RefusalCode =
  | 'meeting.ended'
  | 'meeting.removed'
  | 'meeting.refused'
  | 'meeting.locked'
  | 'meeting.waiting'
  | 'meeting.not-allowed'
  | 'meeting.unknown-participant'
  | 'meeting.chat-off'
  | 'media.source-taken'
  | 'media.screen-not-allowed'
  | 'media.unknown-producer'
  | 'request.invalid'
  | 'overloaded';

export interface Refusal {
  readonly ok: false;
  readonly code: RefusalCode;
  /** What happened, to what, and what to do. */
  readonly sentence: string;
}

/** What each audience is told; a participant gets `all`, then (running the meeting) `moderators`, then its own part. */
export interface AudienceChanges {
  readonly all: readonly MeetingChange[];
  readonly moderators: readonly MeetingChange[];
  readonly only: ReadonlyMap<ParticipantId, readonly MeetingChange[]>;
}

export interface Decision {
  readonly ok: true;
  /** Its rev is one more than before when `changes` holds anything, else the same. */
  readonly state: MeetingState;
  readonly changes: AudienceChanges;
  readonly effects: readonly MeetingEffect[];
  /** The command reached its bound: run it once more. Every command that can say so may be repeated. */
  readonly more: boolean;
}

export interface DecideContext {
  readonly nowMs: number;
  readonly reconnectGraceMs: number;
  readonly emptyGraceMs: number;
}

/**
 * How safely the outcome is to be stored: `commit`: before the answer; `now`: at once; `soon`: within moments;
 * `never`: nothing of it outlives the router. By command and not by change: repeating a moderation act that is in
 * force already must store it too.
 */
export type StoreNeed = 'commit' | 'now' | 'soon' | 'never';

export const storeNeeds: Readonly<Record<MeetingCommand['kind'], StoreNeed>> = {
  join: 'soon',
  lost: 'never',
  back: 'never',
  leave: 'soon',
  tick: 'soon',
  'track.add': 'never',
  'track.mute': 'never',
  'track.remove': 'never',
  'tracks.drop': 'never',
  speaker: 'never',
  chat: 'now',
  hand: 'soon',
  name: 'soon',
  admit: 'commit',
  admitAll: 'commit',
  refuse: 'commit',
  lock: 'commit',
  mute: 'never',
  muteAll: 'never',
  remove: 'commit',
  setRole: 'commit',
  setSettings: 'commit',
  end: 'commit',
  merge: 'commit',
  update: 'commit',
  close: 'never',
};
