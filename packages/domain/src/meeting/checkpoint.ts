import { timesUnknown } from './spec-times.ts';
import type { MeetingState } from './state.ts';
import type { MeetingCheckpoint } from './types.ts';

/** What must survive the router. Media, presence and the moment's speaker do not. */
export const toCheckpoint = (state: MeetingState): MeetingCheckpoint => ({
  spec: state.spec,
  rev: state.rev,
  startedAtMs: state.startedAtMs,
  locked: state.locked,
  people: state.people.map(({ participantId, subject, name, role, joinedAtMs, handRaisedAtMs }) => ({
    participantId,
    subject,
    name,
    role,
    joinedAtMs,
    handRaisedAtMs,
  })),
  waiting: state.waiting.map(({ participantId, subject, name, role, sinceMs }) => ({
    participantId,
    subject,
    name,
    role,
    joinedAtMs: sinceMs,
    handRaisedAtMs: null,
  })),
  admitted: state.admitted,
  removed: state.removed,
  chat: state.chat,
  changedAtMs: state.changedAtMs,
});

/**
 * The meeting as another router left it: everybody in their seats, shown as reconnecting until they come.
 * @param graceMs how long a seat is kept; longer than for a lost socket, for everybody must find the new router first
 */
export const fromCheckpoint = (
  checkpoint: MeetingCheckpoint,
  times: { readonly nowMs: number; readonly graceMs: number; readonly emptyGraceMs: number },
): MeetingState => {
  const goneAtMs = times.nowMs + times.graceMs;
  const { people, waiting } = checkpoint;
  return {
    spec: checkpoint.spec,
    changedAtMs: checkpoint.changedAtMs ?? timesUnknown(checkpoint.startedAtMs),
    rev: checkpoint.rev,
    startedAtMs: checkpoint.startedAtMs,
    locked: checkpoint.locked,
    people: people.map((person) => ({
      ...person,
      presence: 'reconnecting',
      tracks: [],
      goneAtMs,
      // Their first microphone was long ago; "mute on entry" must not silence everybody now.
      micSeen: true,
    })),
    waiting: waiting.map(({ participantId, subject, name, role, joinedAtMs }) => ({
      participantId,
      subject,
      name,
      role,
      sinceMs: joinedAtMs,
      goneAtMs,
    })),
    admitted: checkpoint.admitted,
    refused: [],
    removed: checkpoint.removed,
    chat: checkpoint.chat,
    activeSpeaker: null,
    emptyAtMs: people.length + waiting.length === 0 ? times.nowMs + times.emptyGraceMs : null,
    ended: null,
  };
};
