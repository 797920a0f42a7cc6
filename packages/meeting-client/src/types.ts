import type {
  ChatLineId,
  EndReason,
  MediaSource,
  MeetingView,
  ParticipantId,
  Role,
  TrackId,
} from '@guildhall/domain';
import type { JoinAnswer, NoRoom } from '@guildhall/protocol';
import type { GuildhallError } from '@guildhall/rpc';

/**
 * idle: not joined (again); joining: on the way; lobby: a host decides; joined; reconnecting: the link is down, the
 * meeting goes on and so does media if it can; ended: over for good, see `end`.
 */
export type MeetingPhase = 'idle' | 'joining' | 'lobby' | 'joined' | 'reconnecting' | 'ended';

/** Why it is over. `lost`: given up after minutes without a link; `failed`: refused, see `error`. */
export interface MeetingEnd {
  readonly kind: 'left' | 'ended' | 'removed' | 'refused' | 'replaced' | 'lost' | 'failed';
  readonly reason?: EndReason;
  readonly error?: GuildhallError;
}

/** A picture or sound of somebody else. */
export interface RemoteTrack {
  /** In a large meeting voices come through speaker slots, whose ids are nobody's (`slotOf`): who speaks, `speakers` tells. */
  readonly participantId: ParticipantId;
  readonly source: MediaSource;
  readonly track: MediaStreamTrack;
  /** The router does not forward it now (muted, or no bandwidth). */
  readonly paused: boolean;
  /** Spatial layer that arrives, null when unknown or none. */
  readonly layer: number | null;
  /** Media was lost and is being set up again: this is the last picture. */
  readonly stale: boolean;
}

/** What this person sends. */
export interface LocalTrack {
  readonly track: MediaStreamTrack;
  readonly muted: boolean;
}

/** A line typed here which the meeting has not confirmed yet. */
export interface PendingLine {
  readonly lineId: ChatLineId;
  readonly text: string;
  /** Set when it was refused for good; otherwise it is on its way. */
  readonly error?: GuildhallError;
}

/** Names what somebody else sends: a person has at most one of each source. */
export type RemoteKey = `${string}/${MediaSource}`;
export const remoteKey = (participantId: string, source: MediaSource): RemoteKey =>
  `${participantId}/${source}`;

export interface MeetingState {
  readonly phase: MeetingPhase;
  /** Epoch ms since when the link is down; null while it is up. */
  readonly linkDownSinceMs: number | null;
  /** Known once the cloud let us in. */
  readonly meeting: JoinAnswer['meeting'] | null;
  readonly selfId: ParticipantId | null;
  readonly role: Role | null;
  readonly view: MeetingView | null;
  /** In the lobby: whom we wait for. */
  readonly waitingFor: 'host' | 'admission' | null;
  readonly remote: Readonly<Record<RemoteKey, RemoteTrack>>;
  readonly local: Readonly<Partial<Record<MediaSource, LocalTrack>>>;
  /** Who is audible now, dBov (-127..0). */
  readonly speakers: ReadonlyMap<ParticipantId, number>;
  /** How well our media gets through, 0..10 each way; null until known. */
  readonly quality: { readonly up: number; readonly down: number } | null;
  /** State of the media path, apart from the link. */
  readonly media: 'none' | 'connecting' | 'connected' | 'interrupted';
  readonly pendingChat: readonly PendingLine[];
  readonly end: MeetingEnd | null;
  /** Why the last attempt to join did not succeed. */
  readonly error: GuildhallError | null;
}

export const initialState: MeetingState = {
  phase: 'idle',
  linkDownSinceMs: null,
  meeting: null,
  selfId: null,
  role: null,
  view: null,
  waitingFor: null,
  remote: {},
  local: {},
  speakers: new Map(),
  quality: null,
  media: 'none',
  pendingChat: [],
  end: null,
  error: null,
};

/** What happened to this person by somebody else's hand, or a wish that was refused: worth a sentence. */
export type MeetingNotice =
  | { readonly kind: 'muted-by-host'; readonly source: MediaSource; readonly trackId: TrackId }
  | { readonly kind: 'muted-on-entry'; readonly source: 'mic' }
  /** Told to those who see the lobby: somebody could not get in because there was no room. */
  | { readonly kind: 'turned-away'; readonly why: NoRoom }
  | { readonly kind: 'source-refused'; readonly source: MediaSource; readonly error: GuildhallError };
