import type { MeetingUpdate } from './commands.ts';
import type { MeetingSettings, MeetingSpec, SpecField, SpecTimes } from './types.ts';

/**
 * When each part of a meeting was last changed, so that a change made in the portal while the zone could not be told is
 * compared with what a host has set since: for each part the later one holds. Compared by the clock of the router alone: what
 * comes late comes with its age, so that the clocks of cloud and zone need not agree.
 */

/** Of a checkpoint that does not say: whatever was set, was set after the meeting began. */
export const timesUnknown = (startedAtMs: number): SpecTimes => ({
  topic: startedAtMs,
  lobby: startedAtMs,
  guestsAllowed: startedAtMs,
  joinBeforeHost: startedAtMs,
  muteOnEntry: startedAtMs,
  chat: startedAtMs,
  screenShare: startedAtMs,
});

/** The parts in which two states of a meeting differ. */
export const differingFields = (
  one: Pick<MeetingSpec, 'topic' | 'settings'>,
  other: Pick<MeetingSpec, 'topic' | 'settings'>,
): SpecField[] => {
  const fields: SpecField[] = one.topic === other.topic ? [] : ['topic'];
  if (one.settings.lobby !== other.settings.lobby) fields.push('lobby');
  if (one.settings.guestsAllowed !== other.settings.guestsAllowed) fields.push('guestsAllowed');
  if (one.settings.joinBeforeHost !== other.settings.joinBeforeHost) fields.push('joinBeforeHost');
  if (one.settings.muteOnEntry !== other.settings.muteOnEntry) fields.push('muteOnEntry');
  if (one.settings.chat !== other.settings.chat) fields.push('chat');
  if (one.settings.screenShare !== other.settings.screenShare) fields.push('screenShare');
  return fields;
};

/** What a change names. */
export const namedFields = ({ topic, settings = {} }: MeetingUpdate): SpecField[] => [
  ...(topic === undefined ? [] : ['topic' as const]),
  ...settingFields.filter((field) => settings[field] !== undefined),
];

const settingFields = [
  'lobby',
  'guestsAllowed',
  'joinBeforeHost',
  'muteOnEntry',
  'chat',
  'screenShare',
] as const satisfies readonly (keyof MeetingSettings)[];

/** What of a change made at that time is newer than what is in force. */
export const stillDue = (change: MeetingUpdate, madeAtMs: number, times: SpecTimes): MeetingUpdate => {
  const isDue = (field: SpecField): boolean => madeAtMs > (times[field] ?? -Infinity);
  const { topic, settings = {} } = change;
  const { lobby, guestsAllowed, joinBeforeHost, muteOnEntry, chat, screenShare } = settings;
  const due: Partial<MeetingSettings> = {
    ...(lobby !== undefined && isDue('lobby') && { lobby }),
    ...(guestsAllowed !== undefined && isDue('guestsAllowed') && { guestsAllowed }),
    ...(joinBeforeHost !== undefined && isDue('joinBeforeHost') && { joinBeforeHost }),
    ...(muteOnEntry !== undefined && isDue('muteOnEntry') && { muteOnEntry }),
    ...(chat !== undefined && isDue('chat') && { chat }),
    ...(screenShare !== undefined && isDue('screenShare') && { screenShare }),
  };
  return {
    ...(topic !== undefined && isDue('topic') && { topic }),
    ...(Object.keys(due).length > 0 && { settings: due }),
  };
};

/** The same times, with these parts changed then. */
export const changedAt = (times: SpecTimes, fields: readonly SpecField[], atMs: number): SpecTimes => ({
  ...times,
  ...Object.fromEntries(fields.map((field) => [field, atMs])),
});

/** Of two copies of a meeting: the later time of each part. */
export const latestOf = (one: SpecTimes, other: SpecTimes): SpecTimes => {
  const latest: { [field in SpecField]?: number | undefined } = { ...one };
  for (const field of ['topic', ...settingFields] as const) {
    const time = Math.max(one[field] ?? -Infinity, other[field] ?? -Infinity);
    if (time > -Infinity) latest[field] = time;
  }
  return latest;
};
