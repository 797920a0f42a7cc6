import type { MediaSource, MeetingSettings, Role } from './types.ts';

/** Everything in a meeting that a role may or may not do. */
export const meetingActions = [
  'chat',
  'raise-hand',
  'rename-self',
  'see-lobby',
  'admit',
  'refuse',
  'lock',
  'mute-others',
  'remove',
  'set-role',
  'change-settings',
  'end',
] as const;
export type MeetingAction = (typeof meetingActions)[number];

const everybody = ['chat', 'raise-hand', 'rename-self'] as const;
const moderators = [
  ...everybody,
  'see-lobby',
  'admit',
  'refuse',
  'lock',
  'mute-others',
  'remove',
  'change-settings',
] as const;

/** The one place that says who may do what. A co-host runs the meeting; only a host gives it away or ends it. */
export const meetingPermissions: Readonly<Record<Role, ReadonlySet<MeetingAction>>> = {
  host: new Set<MeetingAction>([...moderators, 'set-role', 'end']),
  'co-host': new Set<MeetingAction>(moderators),
  participant: new Set<MeetingAction>(everybody),
  guest: new Set<MeetingAction>(everybody),
};

/** Whether a role may do this; the one table behind the router's refusals and the page's buttons. */
export const may = (role: Role, action: MeetingAction): boolean => meetingPermissions[role].has(action);

/** Whether this role runs the meeting: it admits people, and its presence ends "waiting for the host". */
export const isModerator = (role: Role): boolean => may(role, 'admit');

const rank: Readonly<Record<Role, number>> = { guest: 0, participant: 0, 'co-host': 1, host: 2 };

/**
 * Whether one may act on another: only on those below, and never remove or demote an equal. So a host stays host until
 * stepping down, and somebody who was made host cannot throw out the one who made them so.
 */
export const mayActOn = (role: Role, action: MeetingAction, target: Role): boolean =>
  may(role, action) &&
  (rank[target] < rank[role] || (action === 'mute-others' && rank[target] === rank[role] && role === 'host'));

/** Whether this role may send from this source now. */
export const maySend = (role: Role, source: MediaSource, settings: MeetingSettings): boolean =>
  (source !== 'screen' && source !== 'screen-audio') ||
  settings.screenShare === 'everyone' ||
  isModerator(role);
