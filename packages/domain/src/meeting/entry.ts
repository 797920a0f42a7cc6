import type { Arrival, DecideContext, Refusal } from './commands.ts';
import {
  changePerson,
  enter,
  leave,
  leaveLobby,
  note,
  noteWaiting,
  refuse,
  stopWaiting,
  wait,
  type Draft,
} from './draft.ts';
import { isModerator } from './permissions.ts';
import {
  hasModerator,
  meetingLimits,
  personOf,
  waitingOf,
  type MeetingState,
  type PersonState,
} from './state.ts';
import type { ParticipantId } from '../ids.ts';

/** Coming, going, and the door between the lobby and the meeting. Each answers a refusal, or undefined when done. */
type Outcome = Refusal | undefined;

export const join = (draft: Draft, arrival: Arrival, context: DecideContext): Outcome => {
  const { state } = draft;
  const { participantId, subject } = arrival;
  if (isBarred(state, arrival)) return refuse('meeting.removed', 'The host removed you from this meeting.');
  const present = personOf(state, participantId) ?? waitingOf(state, participantId);
  if (present) {
    // Two people with one participant id cannot be: the cloud makes it, and signs it together with the subject.
    if (present.subject !== subject) return refuse('meeting.refused', 'This seat belongs to somebody else.');
    comeBack(draft, participantId);
    return undefined;
  }
  if (state.refused.includes(participantId)) {
    return refuse('meeting.refused', 'The host did not admit you to this meeting.');
  }
  const { nowMs } = context;
  if (isModerator(arrival.role) || state.admitted.includes(participantId)) {
    return enterNew(draft, arrival, nowMs);
  }
  if (state.locked) {
    return refuse('meeting.locked', 'The host has locked this meeting. Ask the host to unlock it.');
  }
  if (arrival.role === 'guest' && !state.spec.settings.guestsAllowed) {
    return refuse('meeting.refused', 'The host does not let guests into this meeting. Sign in to join.');
  }
  if (isOpen(state)) return enterNew(draft, arrival, nowMs);
  if (state.waiting.length >= meetingLimits.waiting) {
    return refuse('overloaded', 'Too many people wait for this meeting. Try again in a moment.');
  }
  const { name, role } = arrival;
  wait(draft, { participantId, subject, name, role, sinceMs: nowMs, goneAtMs: null });
  return undefined;
};

const isBarred = (state: MeetingState, { participantId, subject }: Arrival): boolean =>
  state.removed.some((one) => one.participantId === participantId || one.subject === subject);

/** Whether somebody without special rights walks straight in. */
const isOpen = (state: MeetingState): boolean => {
  const { lobby, joinBeforeHost } = state.spec.settings;
  return !lobby && (joinBeforeHost || hasModerator(state));
};

const enterNew = (draft: Draft, arrival: Arrival, nowMs: number): Outcome => {
  if (draft.state.people.length >= meetingLimits.people) {
    return refuse('overloaded', 'This meeting is full. Try again in a moment.');
  }
  enter(draft, newPerson(arrival, nowMs, null), false);
  return undefined;
};

const newPerson = (
  { participantId, subject, name, role }: Arrival,
  nowMs: number,
  goneAtMs: number | null,
): PersonState => ({
  participantId,
  subject,
  name,
  role,
  presence: goneAtMs === null ? 'connected' : 'reconnecting',
  joinedAtMs: nowMs,
  handRaisedAtMs: null,
  tracks: [],
  goneAtMs,
  micSeen: false,
});

export const comeBack = (draft: Draft, participantId: ParticipantId): void => {
  noteWaiting(draft, participantId, { goneAtMs: null });
  if (!personOf(draft.state, participantId)) return;
  note(draft, participantId, { goneAtMs: null });
  changePerson(draft, participantId, { presence: 'connected' });
};

export const loseConnection = (
  draft: Draft,
  participantId: ParticipantId,
  { nowMs, reconnectGraceMs }: DecideContext,
): void => {
  const goneAtMs = nowMs + reconnectGraceMs;
  if (waitingOf(draft.state, participantId)?.goneAtMs === null)
    noteWaiting(draft, participantId, { goneAtMs });
  if (personOf(draft.state, participantId)?.goneAtMs !== null) return;
  note(draft, participantId, { goneAtMs });
  changePerson(draft, participantId, { presence: 'reconnecting' });
};

export const goAway = (draft: Draft, participantId: ParticipantId): void => {
  if (personOf(draft.state, participantId)) leave(draft, participantId, 'left');
  else if (waitingOf(draft.state, participantId)) leaveLobby(draft, participantId, 'left');
};

/** Lets go of everybody whose time is over, and ends a meeting that nobody is in. */
export const letTimePass = (draft: Draft, { nowMs }: DecideContext): void => {
  const isDue = ({ goneAtMs }: { goneAtMs: number | null }): boolean =>
    goneAtMs !== null && goneAtMs <= nowMs;
  const people = draft.state.people.filter(isDue);
  const waiting = draft.state.waiting.filter(isDue);
  for (const { participantId } of people.slice(0, meetingLimits.batch))
    leave(draft, participantId, 'timeout');
  for (const { participantId } of waiting.slice(0, meetingLimits.batch))
    leaveLobby(draft, participantId, 'timeout');
  draft.more ||= Math.max(people.length, waiting.length) > meetingLimits.batch;
  const { emptyAtMs, people: left, waiting: leftWaiting } = draft.state;
  if (emptyAtMs !== null && emptyAtMs <= nowMs && left.length + leftWaiting.length === 0) {
    draft.state = { ...draft.state, ended: 'empty' };
    draft.effects.push({ kind: 'ended', reason: 'empty' });
  }
};

/**
 * After every command: whoever waits and need not any more comes in. So the arrival of the host, switching the lobby
 * off and a single admission are one and the same rule. A lock holds back all but the admitted.
 */
export const openDoor = (draft: Draft, nowMs: number): void => {
  const { state } = draft;
  if (state.waiting.length === 0) return;
  const open = !state.locked && isOpen(state);
  const admitted = new Set(state.admitted);
  const room = Math.max(0, meetingLimits.people - state.people.length);
  const entitled = state.waiting.filter(
    ({ participantId, role }) =>
      admitted.has(participantId) || isModerator(role) || (open && isAllowed(state, role)),
  );
  const batch = entitled.slice(0, Math.min(meetingLimits.batch, room));
  for (const person of batch) {
    stopWaiting(draft, person.participantId);
    enter(draft, newPerson(person, nowMs, person.goneAtMs), true);
  }
  draft.more ||= batch.length === meetingLimits.batch && entitled.length > batch.length;
};

const isAllowed = (state: MeetingState, role: Arrival['role']): boolean =>
  role !== 'guest' || state.spec.settings.guestsAllowed;
