import type { ParticipantId } from '../ids.ts';
import { isModerator } from './permissions.ts';
import type {
  ChatLine,
  EndReason,
  MeetingSpec,
  ParticipantView,
  Role,
  SpecTimes,
  Subject,
  WaitingView,
} from './types.ts';

/** Somebody in the meeting: what everybody sees, and what only the rules need. */
export interface PersonState extends ParticipantView {
  readonly subject: Subject;
  /** When somebody whose connection is lost counts as gone, epoch ms; null while connected. */
  readonly goneAtMs: number | null;
  /** Whether this person's first microphone was seen: "mute on entry" is about that one only. */
  readonly micSeen: boolean;
}

export interface WaitingState extends WaitingView {
  readonly subject: Subject;
  readonly role: Role;
  readonly goneAtMs: number | null;
}

/** One live meeting. Plain data, never changed in place; only `decide` makes the next one. */
export interface MeetingState {
  readonly spec: MeetingSpec;
  readonly changedAtMs: SpecTimes;
  /** Counts the changes of what anybody sees. */
  readonly rev: number;
  readonly startedAtMs: number;
  readonly locked: boolean;
  /** In the order in which they came in. */
  readonly people: readonly PersonState[];
  /** In the order in which they came to the lobby. */
  readonly waiting: readonly WaitingState[];
  /** Participants who were in the meeting or were admitted: neither lock nor lobby holds them up again. */
  readonly admitted: readonly ParticipantId[];
  /** Refused ones of this router; a new join of the same person may ask again. */
  readonly refused: readonly ParticipantId[];
  /** Barred for the rest of the meeting, by participant and by subject. */
  readonly removed: readonly { readonly participantId: ParticipantId; readonly subject: Subject }[];
  readonly chat: readonly ChatLine[];
  readonly activeSpeaker: ParticipantId | null;
  /** When a meeting with nobody in it ends, epoch ms; null while somebody is there. */
  readonly emptyAtMs: number | null;
  readonly ended: EndReason | null;
}

/** The grace periods, from the configuration of the router. */
export interface MeetingTimes {
  /** How long a lost connection keeps its place. */
  readonly reconnectGraceMs: number;
  /** How long a meeting without anybody stays open. */
  readonly emptyGraceMs: number;
}

export const meetingLimits = {
  people: 2000,
  waiting: 2000,
  /** Remembered participants; the oldest are forgotten first. */
  remembered: 5000,
  chatLines: 200,
  /** Bounds the checkpoint, which is sent with every line. */
  chatCharacters: 100_000,
  /** People one command brings in, takes out or mutes; the wire carries 200 changes at once, two for each. */
  batch: 90,
} as const;

/** A live meeting nobody is in yet; it ends as `empty` unless somebody comes in time. @param nowMs epoch ms */
export const newMeeting = (spec: MeetingSpec, nowMs: number, times: MeetingTimes): MeetingState => ({
  spec,
  changedAtMs: {},
  rev: 0,
  startedAtMs: nowMs,
  locked: false,
  people: [],
  waiting: [],
  admitted: [],
  refused: [],
  removed: [],
  chat: [],
  activeSpeaker: null,
  emptyAtMs: nowMs + times.emptyGraceMs,
  ended: null,
});

/** Somebody in the meeting, connected or lost for a moment. */
export const personOf = (state: MeetingState, participantId: ParticipantId): PersonState | undefined =>
  state.people.find((person) => person.participantId === participantId);

/** Somebody in the lobby. */
export const waitingOf = (state: MeetingState, participantId: ParticipantId): WaitingState | undefined =>
  state.waiting.find((person) => person.participantId === participantId);

/** Somebody whose connection is only lost for a moment still counts. */
export const hasModerator = (state: MeetingState): boolean =>
  state.people.some((person) => isModerator(person.role));

/** What those in the lobby wait for. */
export const waitingFor = (state: MeetingState): 'host' | 'admission' =>
  hasModerator(state) ? 'admission' : 'host';

/** The next moment at which a `tick` has something to do, epoch ms; null when there is none. */
export const nextDeadlineMs = (state: MeetingState): number | null => {
  if (state.ended !== null) return null;
  let next = state.emptyAtMs;
  for (const { goneAtMs } of [...state.people, ...state.waiting]) {
    if (goneAtMs !== null && (next === null || goneAtMs < next)) next = goneAtMs;
  }
  return next;
};

/** Appends a line and drops the oldest beyond the limits; used by routers and clients alike. */
export const appendLine = (chat: readonly ChatLine[], line: ChatLine): readonly ChatLine[] => {
  const lines = [...chat, line];
  let characters = lines.reduce((sum, { text }) => sum + text.length, 0);
  let drop = Math.max(0, lines.length - meetingLimits.chatLines);
  for (const { text } of lines.slice(0, drop)) characters -= text.length;
  while (characters > meetingLimits.chatCharacters && drop < lines.length - 1) {
    characters -= lines[drop]?.text.length ?? 0;
    drop += 1;
  }
  return lines.slice(drop);
};
