import type { ParticipantId } from '../ids.ts';
import type { AudienceChanges } from './commands.ts';
import { may } from './permissions.ts';
import { appendLine, personOf, type MeetingState, type PersonState, type WaitingState } from './state.ts';
import type { MeetingChange, MeetingView, ParticipantView, Role, TrackView, WaitingView } from './types.ts';

/** The meeting as one participant may see it. Somebody who is not in it sees nothing: undefined. */
export const viewFor = (state: MeetingState, participantId: ParticipantId): MeetingView | undefined => {
  const viewer = personOf(state, participantId);
  return viewer && viewAs(wholeView(state), viewer.role);
};

/** What somebody in this role may see of the whole. */
export const viewAs = (whole: MeetingView, role: Role): MeetingView =>
  may(role, 'see-lobby') ? whole : { ...whole, lobby: [] };

/** Everything anybody may see; for routers that show it to others by `viewAs`. */
export const wholeView = (state: MeetingState): MeetingView => {
  const { meetingId, number, topic, settings } = state.spec;
  return {
    meetingId,
    number,
    topic,
    startedAtMs: state.startedAtMs,
    locked: state.locked,
    settings,
    participants: state.people.map(publicPart),
    lobby: state.waiting.map(waitingPart),
    chat: state.chat,
    activeSpeaker: state.activeSpeaker,
  };
};

const publicPart = (person: PersonState): ParticipantView => {
  const { participantId, name, role, presence, joinedAtMs, handRaisedAtMs, tracks } = person;
  return { participantId, name, role, presence, joinedAtMs, handRaisedAtMs, tracks };
};

const waitingPart = ({ participantId, name, sinceMs }: WaitingState): WaitingView => ({
  participantId,
  name,
  sinceMs,
});

/** Who is in the meeting in which role: all it takes to know who is told what. */
export interface Roster {
  readonly rev: number;
  readonly people: readonly Pick<ParticipantView, 'participantId' | 'role'>[];
}

/** What one participant is told of a decision; `after` is its state. Nothing for who is not in the meeting. */
export const changesFor = (
  after: Roster,
  changes: AudienceChanges,
  participantId: ParticipantId,
): readonly MeetingChange[] => {
  const viewer = after.people.find((person) => person.participantId === participantId);
  if (!viewer) return [];
  return [
    ...changes.all,
    ...(may(viewer.role, 'see-lobby') ? changes.moderators : []),
    ...(changes.only.get(participantId) ?? []),
  ];
};

/** One step of the view; used by clients. A change about somebody unknown changes nothing. */
export const applyChange = (view: MeetingView, change: MeetingChange): MeetingView => {
  switch (change.kind) {
    case 'participant.joined':
      return {
        ...view,
        participants: [...without(view.participants, change.participant), change.participant],
      };
    case 'participant.left':
      return {
        ...view,
        participants: without(view.participants, change),
        activeSpeaker: view.activeSpeaker === change.participantId ? null : view.activeSpeaker,
      };
    case 'participant.changed': {
      const { kind: _kind, participantId, ...facts } = change;
      return changeOne(view, participantId, (person) => ({ ...person, ...facts }));
    }
    case 'track.added':
      return changeTracks(view, change.participantId, (tracks) => [...tracks, change.track]);
    case 'track.changed':
      return changeTracks(view, change.participantId, (tracks) =>
        tracks.map((track) => (track.trackId === change.trackId ? { ...track, muted: change.muted } : track)),
      );
    case 'track.removed':
      return changeTracks(view, change.participantId, (tracks) =>
        tracks.filter((track) => track.trackId !== change.trackId),
      );
    case 'lobby.added':
      return { ...view, lobby: [...without(view.lobby, change.waiting), change.waiting] };
    case 'lobby.removed':
      return { ...view, lobby: without(view.lobby, change) };
    case 'lobby.replaced':
      return { ...view, lobby: change.lobby };
    case 'chat.added':
      return { ...view, chat: appendLine(view.chat, change.line) };
    case 'settings.changed':
      return { ...view, settings: change.settings };
    case 'lock.changed':
      return { ...view, locked: change.locked };
    case 'topic.changed':
      return { ...view, topic: change.topic };
    case 'speaker.changed':
      return { ...view, activeSpeaker: change.participantId };
  }
};

/** The view after these changes, in their order; the fold that routers, branches, pages and bots share. */
export const applyChanges = (view: MeetingView, changes: readonly MeetingChange[]): MeetingView =>
  changes.reduce(applyChange, view);

const without = <T extends { readonly participantId: ParticipantId }>(
  list: readonly T[],
  { participantId }: { readonly participantId: ParticipantId },
): readonly T[] => list.filter((one) => one.participantId !== participantId);

const changeOne = (
  view: MeetingView,
  participantId: ParticipantId,
  change: (person: ParticipantView) => ParticipantView,
): MeetingView => ({
  ...view,
  participants: view.participants.map((person) =>
    person.participantId === participantId ? change(person) : person,
  ),
});

const changeTracks = (
  view: MeetingView,
  participantId: ParticipantId,
  change: (tracks: readonly TrackView[]) => readonly TrackView[],
): MeetingView => changeOne(view, participantId, (person) => ({ ...person, tracks: change(person.tracks) }));
