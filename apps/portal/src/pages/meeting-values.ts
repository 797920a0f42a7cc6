import type { CreateMeetingRequest, Meeting, UpdateMeetingRequest } from '@guildhall/protocol';
import { epochToWall, nextSlotMs, wallToEpochMs } from '../lib/wall-time.ts';

/** What the schedule form holds. Date, time and zone are as a wall clock and calendar show them. */
export interface MeetingValues {
  topic: string;
  date: string | null;
  time: string;
  durationMinutes: string;
  timeZone: string;
  usePasscode: boolean;
  passcode: string;
  guestsAllowed: boolean;
  lobby: boolean;
  joinBeforeHost: boolean;
  muteOnEntry: boolean;
  chat: boolean;
  hostsShare: boolean;
}

/** A fresh form: the next half hour, a passcode, guests welcome. */
export function newValues(input: {
  nowMs: number;
  timeZone: string;
  topic: string;
  passcode: string;
}): MeetingValues {
  return {
    ...epochToWall(nextSlotMs(input.nowMs), input.timeZone),
    topic: input.topic,
    durationMinutes: '60',
    timeZone: input.timeZone,
    usePasscode: true,
    passcode: input.passcode,
    guestsAllowed: true,
    lobby: false,
    joinBeforeHost: true,
    muteOnEntry: false,
    chat: true,
    hostsShare: false,
  };
}

/** The form filled from a meeting; `passcode` is offered when it had none and somebody switches it on. */
export function valuesOf(
  meeting: Meeting,
  fallback: { nowMs: number; timeZone: string; passcode: string },
): MeetingValues {
  const timeZone = meeting.timeZone ?? fallback.timeZone;
  const { settings } = meeting;
  return {
    ...epochToWall(meeting.startsAtMs ?? nextSlotMs(fallback.nowMs), timeZone),
    topic: meeting.topic,
    durationMinutes: String(meeting.durationMinutes ?? 60),
    timeZone,
    usePasscode: meeting.passcode !== null,
    passcode: meeting.passcode ?? fallback.passcode,
    guestsAllowed: settings.guestsAllowed,
    lobby: settings.lobby,
    joinBeforeHost: settings.joinBeforeHost,
    muteOnEntry: settings.muteOnEntry,
    chat: settings.chat,
    hostsShare: settings.screenShare === 'hosts',
  };
}

/** Undefined while date or time is missing. */
export const startOf = (values: MeetingValues): number | undefined =>
  values.date && /^\d\d:\d\d$/u.test(values.time)
    ? wallToEpochMs(values.date, values.time, values.timeZone)
    : undefined;

function rulesOf(values: MeetingValues): Required<NonNullable<CreateMeetingRequest['settings']>> {
  return {
    guestsAllowed: values.guestsAllowed,
    lobby: values.lobby,
    joinBeforeHost: values.joinBeforeHost,
    muteOnEntry: values.muteOnEntry,
    chat: values.chat,
    screenShare: values.hostsShare ? 'hosts' : 'everyone',
  };
}

const timesOf = (values: MeetingValues) => {
  const startsAtMs = startOf(values);
  return {
    ...(startsAtMs === undefined ? {} : { startsAtMs }),
    durationMinutes: Number(values.durationMinutes),
    timeZone: values.timeZone,
  };
};

export function toCreateRequest(values: MeetingValues): CreateMeetingRequest {
  return {
    kind: 'scheduled',
    topic: values.topic.trim(),
    ...timesOf(values),
    passcode: values.usePasscode ? values.passcode : false,
    settings: rulesOf(values),
  };
}

/** An instant meeting has no hour, so its times are left alone. */
export function toUpdateRequest(values: MeetingValues, meeting: Meeting): UpdateMeetingRequest {
  return {
    topic: values.topic.trim(),
    ...(meeting.kind === 'scheduled' ? timesOf(values) : {}),
    passcode: values.usePasscode ? values.passcode : false,
    settings: rulesOf(values),
  };
}
