import type { MeetingSettings, MeetingUpdate } from '@guildhall/domain';
import type { CreateMeetingRequest, UpdateMeetingRequest } from '@guildhall/protocol';
import { refuse } from '../refuse.ts';
import type { MeetingPlan, StoredMeeting } from '../store/port.ts';

const DAY_MS = 86_400_000;
const MAX_AHEAD_MS = 10 * 365 * DAY_MS;
const DEFAULT_DURATION_MINUTES = 60;
/** An instant meeting that nobody opened stays in the list for a day. */
const INSTANT_KEPT_MS = DAY_MS;

const defaultSettings: MeetingSettings = {
  lobby: false,
  guestsAllowed: true,
  joinBeforeHost: true,
  muteOnEntry: false,
  chat: true,
  screenShare: 'everyone',
};

export interface PlanContext {
  readonly nowMs: number;
  readonly hostName: string;
  readonly newPasscode: () => string;
}

/** @throws GuildhallError request.invalid with the field */
export function planNew(request: CreateMeetingRequest, context: PlanContext): MeetingPlan {
  const kind = request.kind ?? (request.startsAtMs === undefined ? 'instant' : 'scheduled');
  const shared = {
    kind,
    topic: request.topic ?? `${context.hostName}’s meeting`,
    passcode: request.passcode === false ? null : (request.passcode ?? context.newPasscode()),
    settings: settingsOf(defaultSettings, request.settings),
  };
  if (kind === 'instant') {
    refusePlanOfInstant(request);
    const { nowMs } = context;
    const none = { startsAtMs: null, durationMinutes: null, timeZone: null };
    return { ...shared, ...none, sortAtMs: nowMs, expectedEndMs: nowMs + INSTANT_KEPT_MS };
  }
  const { startsAtMs } = request;
  if (startsAtMs === undefined) throw invalid('startsAtMs', 'A scheduled meeting needs a start.');
  const durationMinutes = request.durationMinutes ?? DEFAULT_DURATION_MINUTES;
  return { ...shared, ...schedule(startsAtMs, durationMinutes, request.timeZone ?? 'UTC', context.nowMs) };
}

/** @throws GuildhallError request.invalid with the field */
export function planChanged(
  meeting: StoredMeeting,
  change: UpdateMeetingRequest,
  nowMs: number,
): MeetingPlan {
  const shared = {
    kind: meeting.kind,
    topic: change.topic ?? meeting.topic,
    passcode: change.passcode === false ? null : (change.passcode ?? meeting.passcode),
    settings: settingsOf(meeting.settings, change.settings),
  };
  const { startsAtMs, durationMinutes, timeZone, sortAtMs, expectedEndMs } = meeting;
  const asItWas = { startsAtMs, durationMinutes, timeZone, sortAtMs, expectedEndMs };
  if (meeting.kind === 'instant') {
    refusePlanOfInstant(change);
    return { ...shared, ...asItWas };
  }
  const isMoved =
    change.startsAtMs !== undefined || change.durationMinutes !== undefined || change.timeZone !== undefined;
  if (!isMoved) return { ...shared, ...asItWas };
  return {
    ...shared,
    ...schedule(
      change.startsAtMs ?? startsAtMs ?? nowMs,
      change.durationMinutes ?? durationMinutes ?? DEFAULT_DURATION_MINUTES,
      change.timeZone ?? timeZone ?? 'UTC',
      nowMs,
    ),
  };
}

/**
 * What of a change a running meeting is told; undefined when nothing of it concerns one. Only what differs: what was left
 * as it was must not undo what a host has set in the meeting meanwhile.
 */
export function liveChangeOf(before: MeetingPlan, after: MeetingPlan): MeetingUpdate | undefined {
  const topic = after.topic === before.topic ? {} : { topic: after.topic };
  const settings = differing(before.settings, after.settings);
  const hasSettings = Object.keys(settings).length > 0;
  const change = { ...topic, ...(hasSettings && { settings }) };
  return Object.keys(change).length > 0 ? change : undefined;
}

const differing = (before: MeetingSettings, after: MeetingSettings): Partial<MeetingSettings> => ({
  ...(after.lobby !== before.lobby && { lobby: after.lobby }),
  ...(after.guestsAllowed !== before.guestsAllowed && { guestsAllowed: after.guestsAllowed }),
  ...(after.joinBeforeHost !== before.joinBeforeHost && { joinBeforeHost: after.joinBeforeHost }),
  ...(after.muteOnEntry !== before.muteOnEntry && { muteOnEntry: after.muteOnEntry }),
  ...(after.chat !== before.chat && { chat: after.chat }),
  ...(after.screenShare !== before.screenShare && { screenShare: after.screenShare }),
});

function schedule(startsAtMs: number, durationMinutes: number, timeZone: string, nowMs: number) {
  if (!isTimeZone(timeZone)) throw invalid('timeZone', `${timeZone} is not a time zone this server knows.`);
  const expectedEndMs = startsAtMs + durationMinutes * 60_000;
  if (expectedEndMs <= nowMs)
    throw invalid('startsAtMs', 'The meeting would be over already. Choose a later start.');
  if (startsAtMs > nowMs + MAX_AHEAD_MS) {
    throw invalid('startsAtMs', 'A meeting can be planned at most ten years ahead.');
  }
  return { startsAtMs, durationMinutes, timeZone, sortAtMs: startsAtMs, expectedEndMs };
}

function refusePlanOfInstant(request: {
  readonly startsAtMs?: number | undefined;
  readonly durationMinutes?: number | undefined;
  readonly timeZone?: string | undefined;
}): void {
  for (const field of ['startsAtMs', 'durationMinutes', 'timeZone'] as const) {
    if (request[field] !== undefined)
      throw invalid(field, 'An instant meeting has no plan; schedule one instead.');
  }
}

const settingsOf = (base: MeetingSettings, patch: CreateMeetingRequest['settings']): MeetingSettings => ({
  lobby: patch?.lobby ?? base.lobby,
  guestsAllowed: patch?.guestsAllowed ?? base.guestsAllowed,
  joinBeforeHost: patch?.joinBeforeHost ?? base.joinBeforeHost,
  muteOnEntry: patch?.muteOnEntry ?? base.muteOnEntry,
  chat: patch?.chat ?? base.chat,
  screenShare: patch?.screenShare ?? base.screenShare,
});

function isTimeZone(name: string): boolean {
  try {
    return new Intl.DateTimeFormat('en', { timeZone: name }).resolvedOptions().timeZone !== '';
  } catch {
    return false;
  }
}

const invalid = (field: string, sentence: string) => refuse('request.invalid', { field, sentence });
