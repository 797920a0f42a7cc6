import type { DecideContext } from './commands.ts';
import {
  bar,
  changePerson,
  leave,
  leaveLobby,
  noteWaiting,
  rememberAdmitted,
  wait,
  type Draft,
} from './draft.ts';
import { setSettings } from './moderation.ts';
import { latestOf, timesUnknown } from './spec-times.ts';
import { appendLine, meetingLimits, personOf, waitingOf } from './state.ts';
import type { CheckpointPerson, MeetingCheckpoint, MeetingSettings } from './types.ts';

/**
 * Takes in what was decided in another copy of this meeting, which gives way to this one. Both were opened while the
 * two controllers of the zone did not hear each other. Where the copies contradict each other the safer one holds: who
 * was removed in either stays out, a lock and a lobby of either are in force. Rejected: to compare with what both began
 * from, which would need that kept in every copy for a case in which a host undoes it with one click.
 * Repeating it changes nothing.
 */
export const mergeIn = (
  draft: Draft,
  other: MeetingCheckpoint,
  { nowMs, reconnectGraceMs }: DecideContext,
): void => {
  expelRemoved(draft, other);
  for (const participantId of other.admitted) rememberAdmitted(draft, participantId);
  if (other.locked && !draft.state.locked) {
    draft.state = { ...draft.state, locked: true };
    draft.all.push({ kind: 'lock.changed', locked: true });
  }
  setSettings(draft, stricter(draft.state.spec.settings, other.spec.settings));
  const theirs = other.changedAtMs ?? timesUnknown(other.startedAtMs);
  draft.state = { ...draft.state, changedAtMs: latestOf(draft.state.changedAtMs, theirs) };
  const goneAtMs = nowMs + reconnectGraceMs;
  takePeople(draft, other.people, goneAtMs);
  takeWaiting(draft, other.waiting, goneAtMs);
  // Once, when the people are all there: a repeat could not tell a line that was dropped as too old from a new one.
  if (!draft.more) takeChat(draft, other);
};

const expelRemoved = (draft: Draft, { removed }: MeetingCheckpoint): void => {
  for (const one of removed) {
    if (draft.state.removed.some(({ participantId }) => participantId === one.participantId)) continue;
    bar(draft, one);
    const isTarget = (person: Pick<CheckpointPerson, 'participantId' | 'subject'>): boolean =>
      person.participantId === one.participantId || person.subject === one.subject;
    for (const { participantId } of draft.state.people.filter(isTarget))
      leave(draft, participantId, 'removed');
    for (const { participantId } of draft.state.waiting.filter(isTarget)) {
      leaveLobby(draft, participantId, 'removed');
    }
  }
};

const stricter = (one: MeetingSettings, other: MeetingSettings): MeetingSettings => ({
  lobby: one.lobby || other.lobby,
  guestsAllowed: one.guestsAllowed && other.guestsAllowed,
  joinBeforeHost: one.joinBeforeHost && other.joinBeforeHost,
  muteOnEntry: one.muteOnEntry || other.muteOnEntry,
  chat: one.chat && other.chat,
  screenShare: one.screenShare === 'hosts' || other.screenShare === 'hosts' ? 'hosts' : 'everyone',
});

/** They come back by themselves; their seats and roles are ready. Who is here already and connected is newer here. */
const takePeople = (draft: Draft, people: readonly CheckpointPerson[], goneAtMs: number): void => {
  let left: number = meetingLimits.batch;
  for (const person of people) {
    const { participantId, role } = person;
    if (isBarred(draft, person)) continue;
    const here = personOf(draft.state, participantId);
    if (here) {
      if (here.presence === 'reconnecting') changePerson(draft, participantId, { role });
      continue;
    }
    if (draft.state.people.length >= meetingLimits.people) return;
    if (left-- <= 0) {
      draft.more = true;
      return;
    }
    if (waitingOf(draft.state, participantId)) {
      // The door lets in who is admitted, and tells that person so; the role is the one they had inside.
      noteWaiting(draft, participantId, { role });
      rememberAdmitted(draft, participantId);
      continue;
    }
    const state = { ...person, presence: 'reconnecting' as const, tracks: [] };
    draft.state = {
      ...draft.state,
      people: [...draft.state.people, { ...state, goneAtMs, micSeen: true }],
    };
    rememberAdmitted(draft, participantId);
    const { name, joinedAtMs, handRaisedAtMs } = person;
    // Not an arrival: the history of the other copy has it.
    draft.all.push({
      kind: 'participant.joined',
      participant: {
        participantId,
        name,
        role,
        presence: 'reconnecting',
        joinedAtMs,
        handRaisedAtMs,
        tracks: [],
      },
    });
  }
};

const takeWaiting = (draft: Draft, waiting: readonly CheckpointPerson[], goneAtMs: number): void => {
  let left: number = meetingLimits.batch;
  for (const person of waiting) {
    const { participantId, subject, name, role, joinedAtMs } = person;
    const { state } = draft;
    const isKnown = personOf(state, participantId) ?? waitingOf(state, participantId);
    if (isKnown || isBarred(draft, person) || state.refused.includes(participantId)) continue;
    if (state.waiting.length >= meetingLimits.waiting) return;
    if (left-- <= 0) {
      draft.more = true;
      return;
    }
    wait(draft, { participantId, subject, name, role, sinceMs: joinedAtMs, goneAtMs });
  }
};

const takeChat = (draft: Draft, { chat }: MeetingCheckpoint): void => {
  const known = new Set(draft.state.chat.map(({ lineId }) => lineId));
  const missing = chat.filter(({ lineId }) => !known.has(lineId)).slice(-meetingLimits.batch / 2);
  for (const line of missing) {
    const after = appendLine(draft.state.chat, line);
    draft.state = { ...draft.state, chat: after };
    draft.all.push({ kind: 'chat.added', line });
  }
};

const isBarred = (draft: Draft, { participantId, subject }: CheckpointPerson): boolean =>
  draft.state.removed.some((one) => one.participantId === participantId || one.subject === subject);
