import type { MeetingCommand, Refusal } from './commands.ts';
import {
  bar,
  changePerson,
  leave,
  leaveLobby,
  refuse,
  rememberAdmitted,
  removeTrack,
  setMuted,
  type Draft,
} from './draft.ts';
import { isModerator, may, mayActOn, maySend, type MeetingAction } from './permissions.ts';
import { changedAt, differingFields, namedFields, stillDue } from './spec-times.ts';
import { meetingLimits, personOf, waitingOf, type PersonState } from './state.ts';
import type { MeetingSettings, Role } from './types.ts';

/** The commands of hosts and co-hosts. */
export type ModerationCommand = Extract<
  MeetingCommand,
  {
    kind:
      | 'admit'
      | 'admitAll'
      | 'refuse'
      | 'lock'
      | 'mute'
      | 'muteAll'
      | 'remove'
      | 'setRole'
      | 'setSettings'
      | 'end';
  }
>;

const actionOf: Readonly<Record<ModerationCommand['kind'], MeetingAction>> = {
  admit: 'admit',
  admitAll: 'admit',
  refuse: 'refuse',
  lock: 'lock',
  mute: 'mute-others',
  muteAll: 'mute-others',
  remove: 'remove',
  setRole: 'set-role',
  setSettings: 'change-settings',
  end: 'end',
};

const notAllowed = (): Refusal =>
  refuse('meeting.not-allowed', 'Your role in this meeting does not allow this. Ask the host.');
const notHere = (): Refusal =>
  refuse('meeting.unknown-participant', 'This person is not in the meeting any more.');

export const moderate = (
  draft: Draft,
  by: PersonState,
  command: ModerationCommand,
  nowMs: number,
): Refusal | undefined => {
  if (!may(by.role, actionOf[command.kind])) return notAllowed();
  switch (command.kind) {
    case 'admit':
      return admit(draft, command);
    case 'admitAll':
      for (const { participantId } of draft.state.waiting) rememberAdmitted(draft, participantId);
      return undefined;
    case 'refuse':
      return refuseEntry(draft, command);
    case 'lock':
      if (draft.state.locked === command.locked) return undefined;
      draft.state = { ...draft.state, locked: command.locked };
      draft.all.push({ kind: 'lock.changed', locked: command.locked });
      return undefined;
    case 'mute':
      return mute(draft, by, command);
    case 'muteAll':
      muteAll(draft);
      return undefined;
    case 'remove':
      return remove(draft, by, command);
    case 'setRole':
      return setRole(draft, by, command);
    case 'setSettings': {
      const { spec, changedAtMs } = draft.state;
      const fields = differingFields(spec, { ...spec, settings: command.settings });
      draft.state = { ...draft.state, changedAtMs: changedAt(changedAtMs, fields, nowMs) };
      setSettings(draft, command.settings);
      return undefined;
    }
    case 'end':
      draft.state = { ...draft.state, ended: 'ended-by-host' };
      draft.effects.push({ kind: 'ended', reason: 'ended-by-host' });
      return undefined;
  }
};

type Of<K extends ModerationCommand['kind']> = Extract<ModerationCommand, { kind: K }>;

const admit = (draft: Draft, { participantId }: Of<'admit'>): Refusal | undefined => {
  if (personOf(draft.state, participantId)) return undefined;
  if (!waitingOf(draft.state, participantId)) return notHere();
  // The door opens after every command, for everybody who is admitted.
  rememberAdmitted(draft, participantId);
  return undefined;
};

const refuseEntry = (draft: Draft, { participantId }: Of<'refuse'>): Refusal | undefined => {
  if (draft.state.refused.includes(participantId)) return undefined;
  if (!waitingOf(draft.state, participantId)) {
    return refuse('meeting.unknown-participant', 'This person is not in the lobby any more.');
  }
  leaveLobby(draft, participantId, 'refused');
  return undefined;
};

const silence = (draft: Draft, person: PersonState, source: 'any-mic' | Of<'mute'>['source']): void => {
  const wanted = source === 'any-mic' ? 'mic' : source;
  const track = person.tracks.find((one) => one.source === wanted);
  if (!track || track.muted) return;
  setMuted(draft, person.participantId, track.trackId, true);
  draft.effects.push({ kind: 'silence', participantId: person.participantId, trackId: track.trackId });
};

const mute = (draft: Draft, by: PersonState, { participantId, source }: Of<'mute'>): Refusal | undefined => {
  const person = personOf(draft.state, participantId);
  if (!person) return notHere();
  if (person.participantId !== by.participantId && !mayActOn(by.role, 'mute-others', person.role)) {
    return notAllowed();
  }
  silence(draft, person, source);
  return undefined;
};

const muteAll = (draft: Draft): void => {
  const loud = draft.state.people.filter(
    ({ role, tracks }) =>
      !isModerator(role) && tracks.some(({ source, muted }) => source === 'mic' && !muted),
  );
  for (const person of loud.slice(0, meetingLimits.batch)) silence(draft, person, 'any-mic');
  draft.more ||= loud.length > meetingLimits.batch;
};

const remove = (draft: Draft, by: PersonState, { participantId }: Of<'remove'>): Refusal | undefined => {
  const { people, waiting, removed } = draft.state;
  const target = personOf(draft.state, participantId) ?? waitingOf(draft.state, participantId);
  if (!target) {
    return removed.some((one) => one.participantId === participantId) ? undefined : notHere();
  }
  // The person is barred and not the device: whatever else the same subject has here goes too.
  const isTarget = (one: { subject: string }): boolean => one.subject === target.subject;
  const inside = people.filter(isTarget);
  const outside = waiting.filter(isTarget);
  if ([...inside, ...outside].some((one) => !mayActOn(by.role, 'remove', one.role))) return notAllowed();
  for (const one of inside) leave(draft, one.participantId, 'removed');
  for (const one of outside) leaveLobby(draft, one.participantId, 'removed');
  for (const one of [...inside, ...outside]) bar(draft, one);
  return undefined;
};

const setRole = (
  draft: Draft,
  by: PersonState,
  { participantId, role }: Of<'setRole'>,
): Refusal | undefined => {
  const person = personOf(draft.state, participantId);
  if (!person) return notHere();
  const wanted: Role = role === 'participant' && person.subject.startsWith('guest:') ? 'guest' : role;
  if (wanted === person.role) return undefined;
  const isSelf = person.participantId === by.participantId;
  const otherHost = draft.state.people.some(
    (one) => one.role === 'host' && one.participantId !== by.participantId,
  );
  if (isSelf && !otherHost) {
    return refuse('meeting.not-allowed', 'Make somebody else host first: a meeting needs one.');
  }
  if (!isSelf && !mayActOn(by.role, 'set-role', person.role)) return notAllowed();
  changePerson(draft, participantId, { role: wanted });
  stopForbiddenScreens(draft);
  return undefined;
};

export const setSettings = (draft: Draft, settings: MeetingSettings): void => {
  if (sameSettings(draft.state.spec.settings, settings)) return;
  draft.state = { ...draft.state, spec: { ...draft.state.spec, settings } };
  draft.all.push({ kind: 'settings.changed', settings });
  stopForbiddenScreens(draft);
};

/** The meeting as its owner wants it now. Of a host's change and the owner's the last one wins. */
export const updateSpec = (
  draft: Draft,
  { change, madeAtMs }: Extract<MeetingCommand, { kind: 'update' }>,
  nowMs: number,
): void => {
  const { changedAtMs } = draft.state;
  const due = madeAtMs === undefined ? change : stillDue(change, madeAtMs, changedAtMs);
  const times = changedAt(changedAtMs, namedFields(due), madeAtMs ?? nowMs);
  draft.state = { ...draft.state, changedAtMs: times };
  const { topic, settings } = due;
  if (topic !== undefined && topic !== draft.state.spec.topic) {
    draft.state = { ...draft.state, spec: { ...draft.state.spec, topic } };
    draft.all.push({ kind: 'topic.changed', topic });
  }
  if (settings) setSettings(draft, { ...draft.state.spec.settings, ...settings });
};

const sameSettings = (one: MeetingSettings, other: MeetingSettings): boolean =>
  one.lobby === other.lobby &&
  one.guestsAllowed === other.guestsAllowed &&
  one.joinBeforeHost === other.joinBeforeHost &&
  one.muteOnEntry === other.muteOnEntry &&
  one.chat === other.chat &&
  one.screenShare === other.screenShare;

/** Who may not share any more, by a new rule or a new role, stops sharing. */
const stopForbiddenScreens = (draft: Draft): void => {
  const { settings } = draft.state.spec;
  for (const { participantId, role, tracks } of draft.state.people) {
    for (const { trackId, source } of tracks) {
      if (maySend(role, source, settings)) continue;
      removeTrack(draft, participantId, trackId);
      draft.effects.push({ kind: 'stop-track', participantId, trackId });
    }
  }
};
