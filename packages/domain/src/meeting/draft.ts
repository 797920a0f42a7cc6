import type { ParticipantId, TrackId } from '../ids.ts';
import type { MeetingEffect, Refusal, RefusalCode } from './commands.ts';
import { personOf, waitingOf, type MeetingState, type PersonState, type WaitingState } from './state.ts';
import type { LeaveReason, MeetingChange, TrackView } from './types.ts';

/**
 * A decision in the making. Each helper below changes the state and records the change that tells it, together, so
 * that the snapshot and the sum of the changes cannot drift apart.
 */
export interface Draft {
  state: MeetingState;
  readonly all: MeetingChange[];
  readonly moderators: MeetingChange[];
  readonly effects: MeetingEffect[];
  more: boolean;
}

export const draftOf = (state: MeetingState): Draft => ({
  state,
  all: [],
  moderators: [],
  effects: [],
  more: false,
});

export const refuse = (code: RefusalCode, sentence: string): Refusal => ({ ok: false, code, sentence });

const remember = <T>(list: readonly T[], item: T, limit: number): readonly T[] =>
  [...list, item].slice(-limit);

const rememberLimit = 5000;

export const rememberAdmitted = (draft: Draft, participantId: ParticipantId): void => {
  if (draft.state.admitted.includes(participantId)) return;
  draft.state = {
    ...draft.state,
    admitted: remember(draft.state.admitted, participantId, rememberLimit),
  };
};

export const enter = (draft: Draft, person: PersonState, wasWaiting: boolean): void => {
  const { state } = draft;
  draft.state = { ...state, people: [...state.people, person] };
  rememberAdmitted(draft, person.participantId);
  const { participantId, name, role, presence, joinedAtMs, handRaisedAtMs, tracks } = person;
  draft.all.push({
    kind: 'participant.joined',
    participant: { participantId, name, role, presence, joinedAtMs, handRaisedAtMs, tracks },
  });
  draft.effects.push({ kind: 'entered', participantId, wasWaiting });
};

export const leave = (draft: Draft, participantId: ParticipantId, reason: LeaveReason): void => {
  const { state } = draft;
  draft.state = {
    ...state,
    people: state.people.filter((person) => person.participantId !== participantId),
    activeSpeaker: state.activeSpeaker === participantId ? null : state.activeSpeaker,
  };
  draft.all.push({ kind: 'participant.left', participantId, reason });
  draft.effects.push({ kind: 'gone', participantId, reason, wasWaiting: false });
};

export const wait = (draft: Draft, person: WaitingState): void => {
  const { participantId, name, sinceMs } = person;
  draft.state = { ...draft.state, waiting: [...draft.state.waiting, person] };
  draft.moderators.push({ kind: 'lobby.added', waiting: { participantId, name, sinceMs } });
};

/** Takes somebody out of the lobby; where to, the caller decides. */
export const stopWaiting = (draft: Draft, participantId: ParticipantId): void => {
  const { state } = draft;
  draft.state = {
    ...state,
    waiting: state.waiting.filter((person) => person.participantId !== participantId),
  };
  draft.moderators.push({ kind: 'lobby.removed', participantId });
};

export const leaveLobby = (
  draft: Draft,
  participantId: ParticipantId,
  reason: LeaveReason | 'refused',
): void => {
  stopWaiting(draft, participantId);
  draft.effects.push({ kind: 'gone', participantId, reason, wasWaiting: true });
  if (reason !== 'refused') return;
  const refused = remember(draft.state.refused, participantId, rememberLimit);
  draft.state = { ...draft.state, refused };
};

export const bar = (
  draft: Draft,
  { participantId, subject }: Pick<PersonState, 'participantId' | 'subject'>,
): void => {
  const { removed } = draft.state;
  draft.state = { ...draft.state, removed: remember(removed, { participantId, subject }, rememberLimit) };
};

/** Changes what only the rules see of somebody in the meeting. */
export const note = (
  draft: Draft,
  participantId: ParticipantId,
  facts: Partial<Pick<PersonState, 'goneAtMs' | 'micSeen'>>,
): void => patch(draft, participantId, facts);

type Visible = Partial<Pick<PersonState, 'name' | 'role' | 'presence' | 'handRaisedAtMs'>>;

/** Records only what really differs. */
export const changePerson = (draft: Draft, participantId: ParticipantId, wanted: Visible): void => {
  const person = personOf(draft.state, participantId);
  if (!person) return;
  const differs: { -readonly [K in keyof Visible]: Visible[K] } = {};
  if (wanted.name !== undefined && wanted.name !== person.name) differs.name = wanted.name;
  if (wanted.role !== undefined && wanted.role !== person.role) differs.role = wanted.role;
  if (wanted.presence !== undefined && wanted.presence !== person.presence)
    differs.presence = wanted.presence;
  if (wanted.handRaisedAtMs !== undefined && wanted.handRaisedAtMs !== person.handRaisedAtMs)
    differs.handRaisedAtMs = wanted.handRaisedAtMs;
  if (Object.keys(differs).length === 0) return;
  patch(draft, participantId, differs);
  draft.all.push({ kind: 'participant.changed', participantId, ...differs });
};

export const addTrack = (draft: Draft, participantId: ParticipantId, track: TrackView): void => {
  const tracks = [...tracksOf(draft, participantId), track];
  patch(draft, participantId, { tracks });
  draft.all.push({ kind: 'track.added', participantId, track });
};

export const setMuted = (
  draft: Draft,
  participantId: ParticipantId,
  trackId: TrackId,
  muted: boolean,
): void => {
  const tracks = tracksOf(draft, participantId).map((track) =>
    track.trackId === trackId ? { ...track, muted } : track,
  );
  patch(draft, participantId, { tracks });
  draft.all.push({ kind: 'track.changed', participantId, trackId, muted });
};

export const removeTrack = (draft: Draft, participantId: ParticipantId, trackId: TrackId): void => {
  const tracks = tracksOf(draft, participantId).filter((track) => track.trackId !== trackId);
  patch(draft, participantId, { tracks });
  draft.all.push({ kind: 'track.removed', participantId, trackId });
};

/** Changes what only the rules see of somebody in the lobby. */
export const noteWaiting = (
  draft: Draft,
  participantId: ParticipantId,
  facts: Partial<Pick<WaitingState, 'goneAtMs' | 'role'>>,
): void => {
  const { state } = draft;
  if (!waitingOf(state, participantId)) return;
  const waiting = state.waiting.map((person) =>
    person.participantId === participantId ? { ...person, ...facts } : person,
  );
  draft.state = { ...state, waiting };
};

const tracksOf = (draft: Draft, participantId: ParticipantId): readonly TrackView[] =>
  personOf(draft.state, participantId)?.tracks ?? [];

const patch = (draft: Draft, participantId: ParticipantId, facts: Partial<PersonState>): void => {
  const people = draft.state.people.map((person) =>
    person.participantId === participantId ? { ...person, ...facts } : person,
  );
  draft.state = { ...draft.state, people };
};
