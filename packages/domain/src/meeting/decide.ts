import type { ParticipantId } from '../ids.ts';
import type { AudienceChanges, DecideContext, Decision, MeetingCommand, Refusal } from './commands.ts';
import { addTrack, changePerson, draftOf, note, refuse, removeTrack, setMuted, type Draft } from './draft.ts';
import { comeBack, goAway, join, letTimePass, loseConnection, openDoor } from './entry.ts';
import { mergeIn } from './merge.ts';
import { moderate, updateSpec } from './moderation.ts';
import { isModerator, maySend } from './permissions.ts';
import { appendLine, personOf, waitingFor, waitingOf, type MeetingState, type PersonState } from './state.ts';
import type { MeetingChange } from './types.ts';

/**
 * The rules of a live meeting: one command, the next state, what each audience is told and what must be done. Pure:
 * the same arguments always give the same answer, so it also serves to ask whether something would be allowed.
 */
export const decide = (
  before: MeetingState,
  command: MeetingCommand,
  context: DecideContext,
): Decision | Refusal => {
  if (before.ended !== null) {
    return command.kind === 'end' || command.kind === 'close' || command.kind === 'leave'
      ? finish(before, draftOf(before), context)
      : refuse('meeting.ended', 'This meeting has ended.');
  }
  const draft = draftOf(before);
  const refusal = run(draft, command, context);
  return refusal ?? finish(before, draft, context);
};

const run = (draft: Draft, command: MeetingCommand, context: DecideContext): Refusal | undefined => {
  switch (command.kind) {
    case 'join':
      return join(draft, command.person, context);
    case 'lost':
      loseConnection(draft, command.participantId, context);
      return undefined;
    case 'back':
      comeBack(draft, command.participantId);
      return undefined;
    case 'leave':
      goAway(draft, command.participantId);
      return undefined;
    case 'tick':
      letTimePass(draft, context);
      return undefined;
    case 'merge':
      mergeIn(draft, command.checkpoint, context);
      return undefined;
    case 'update':
      updateSpec(draft, command, context.nowMs);
      return undefined;
    case 'close':
      draft.state = { ...draft.state, ended: command.reason };
      draft.effects.push({ kind: 'ended', reason: command.reason });
      return undefined;
    case 'speaker':
      setSpeaker(draft, command.participantId);
      return undefined;
    case 'track.add':
    case 'track.mute':
    case 'track.remove':
    case 'tracks.drop': {
      const person = insider(draft.state, command.participantId);
      return person.ok ? changeTracks(draft, person.person, command) : person;
    }
    case 'chat':
    case 'hand':
    case 'name': {
      const by = insider(draft.state, command.by);
      return by.ok ? express(draft, by.person, command, context.nowMs) : by;
    }
    case 'admit':
    case 'admitAll':
    case 'refuse':
    case 'lock':
    case 'mute':
    case 'muteAll':
    case 'remove':
    case 'setRole':
    case 'setSettings':
    case 'end': {
      const by = insider(draft.state, command.by);
      return by.ok ? moderate(draft, by.person, command, context.nowMs) : by;
    }
  }
};

const insider = (
  state: MeetingState,
  participantId: ParticipantId,
): { ok: true; person: PersonState } | Refusal => {
  const person = personOf(state, participantId);
  if (person) return { ok: true, person };
  return waitingOf(state, participantId)
    ? refuse('meeting.waiting', 'You are in the lobby. This is possible once the host admits you.')
    : refuse('meeting.unknown-participant', 'You are not in this meeting any more. Join again.');
};

const setSpeaker = (draft: Draft, participantId: ParticipantId | null): void => {
  const speaker = participantId !== null && personOf(draft.state, participantId) ? participantId : null;
  if (speaker === draft.state.activeSpeaker) return;
  draft.state = { ...draft.state, activeSpeaker: speaker };
  draft.all.push({ kind: 'speaker.changed', participantId: speaker });
};

type TrackCommand = Extract<
  MeetingCommand,
  { kind: 'track.add' | 'track.mute' | 'track.remove' | 'tracks.drop' }
>;

const changeTracks = (draft: Draft, person: PersonState, command: TrackCommand): Refusal | undefined => {
  const { participantId, tracks } = person;
  switch (command.kind) {
    case 'track.add':
      return startTrack(draft, person, command.track);
    case 'track.mute': {
      const track = tracks.find((one) => one.trackId === command.trackId);
      if (!track) return refuse('media.unknown-producer', 'You do not send a track of this id.');
      if (track.muted !== command.muted) setMuted(draft, participantId, command.trackId, command.muted);
      return undefined;
    }
    case 'track.remove':
      if (tracks.some((one) => one.trackId === command.trackId)) {
        removeTrack(draft, participantId, command.trackId);
      }
      return undefined;
    case 'tracks.drop':
      for (const { trackId } of tracks) removeTrack(draft, participantId, trackId);
      return undefined;
  }
};

type AddedTrack = Extract<TrackCommand, { kind: 'track.add' }>['track'];

const startTrack = (draft: Draft, person: PersonState, track: AddedTrack): Refusal | undefined => {
  const { participantId, tracks, role, micSeen } = person;
  const { settings } = draft.state.spec;
  const existing = tracks.find((one) => one.trackId === track.trackId);
  if (existing) {
    return existing.source === track.source
      ? undefined
      : refuse('media.source-taken', 'This track id is in use for another source.');
  }
  const isForeign = draft.state.people.some((one) => one.tracks.some((o) => o.trackId === track.trackId));
  if (isForeign || tracks.some((one) => one.source === track.source)) {
    return refuse('media.source-taken', `Something is already being sent as ${track.source}; stop it first.`);
  }
  if (!maySend(role, track.source, settings)) {
    return refuse('media.screen-not-allowed', 'Only hosts may share a screen in this meeting.');
  }
  const isFirstMic = track.source === 'mic' && !micSeen;
  const entersMuted = isFirstMic && settings.muteOnEntry && !isModerator(role);
  if (isFirstMic) note(draft, participantId, { micSeen: true });
  addTrack(draft, participantId, { ...track, muted: track.muted || entersMuted });
  if (entersMuted) draft.effects.push({ kind: 'silence', participantId, trackId: track.trackId });
  return undefined;
};

type Expression = Extract<MeetingCommand, { kind: 'chat' | 'hand' | 'name' }>;

const express = (draft: Draft, by: PersonState, command: Expression, nowMs: number): Refusal | undefined => {
  const { participantId } = by;
  switch (command.kind) {
    case 'hand':
      if (command.raised !== (by.handRaisedAtMs !== null)) {
        changePerson(draft, participantId, { handRaisedAtMs: command.raised ? nowMs : null });
      }
      return undefined;
    case 'name':
      changePerson(draft, participantId, { name: command.name });
      return undefined;
    case 'chat': {
      const { lineId, text } = command;
      const known = draft.state.chat.find((line) => line.lineId === lineId);
      if (known?.participantId === participantId) return undefined;
      if (known)
        return refuse('request.invalid', 'This line id was used by somebody else; choose a new one.');
      if (!draft.state.spec.settings.chat) {
        return refuse('meeting.chat-off', 'The host has turned chat off.');
      }
      const line = { lineId, participantId, name: by.name, text, sentAtMs: nowMs };
      draft.state = { ...draft.state, chat: appendLine(draft.state.chat, line) };
      draft.all.push({ kind: 'chat.added', line });
      return undefined;
    }
  }
};

/** What follows from every command: the door, the words for those who wait, the clock of an empty meeting, the rev. */
const finish = (before: MeetingState, draft: Draft, context: DecideContext): Decision => {
  if (draft.state.ended === null) openDoor(draft, context.nowMs);
  if (draft.state.waiting.length > 0 && waitingFor(before) !== waitingFor(draft.state)) {
    draft.effects.push({ kind: 'waiting-for', waitingFor: waitingFor(draft.state) });
  }
  const isEmpty = draft.state.people.length + draft.state.waiting.length === 0;
  const emptyAtMs = isEmpty ? (before.emptyAtMs ?? context.nowMs + context.emptyGraceMs) : null;
  if (emptyAtMs !== draft.state.emptyAtMs) draft.state = { ...draft.state, emptyAtMs };
  const changes: AudienceChanges = {
    all: draft.all,
    moderators: draft.moderators,
    only: lobbyChangesByRole(before, draft.state),
  };
  const changed = changes.all.length + changes.moderators.length > 0;
  const state = changed ? { ...draft.state, rev: before.rev + 1 } : draft.state;
  return { ok: true, state, changes, effects: draft.effects, more: draft.more };
};

/**
 * Whoever begins or ceases to run the meeting gets or loses the whole list at once; also when it is empty, so that a
 * change of rights can be seen in the log of changes.
 */
const lobbyChangesByRole = (
  before: MeetingState,
  after: MeetingState,
): ReadonlyMap<ParticipantId, readonly MeetingChange[]> => {
  const only = new Map<ParticipantId, readonly MeetingChange[]>();
  if (before.people === after.people) return only;
  for (const [index, person] of after.people.entries()) {
    // Who did not change is the same object in the same place, or one place further when somebody left: looking
    // everybody up by name would cost N² for each step of a large meeting.
    if (before.people[index] === person || before.people[index + 1] === person) continue;
    const { participantId, role } = person;
    const was = personOf(before, participantId);
    if (!was || isModerator(was.role) === isModerator(role)) continue;
    const lobby = isModerator(role)
      ? after.waiting.map(({ participantId: id, name, sinceMs }) => ({ participantId: id, name, sinceMs }))
      : [];
    only.set(participantId, [{ kind: 'lobby.replaced', lobby }]);
  }
  return only;
};
