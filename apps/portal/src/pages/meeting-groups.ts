import type { Meeting } from '@guildhall/protocol';
import { calendarDaysAhead } from '../lib/format.ts';
import { epochToWall } from '../lib/wall-time.ts';

export interface MeetingGroup {
  readonly key: string;
  readonly kind: 'now' | 'today' | 'tomorrow' | 'yesterday' | 'anyTime' | 'day';
  /** An instant of that day. */
  readonly dayMs: number;
  readonly meetings: readonly Meeting[];
}

const NEAR = { 0: 'today', 1: 'tomorrow', [-1]: 'yesterday' } as const satisfies Record<
  number,
  MeetingGroup['kind']
>;

function placeOf(meeting: Meeting, nowMs: number, timeZone: string): Omit<MeetingGroup, 'meetings'> {
  if (meeting.state === 'running') return { key: 'now', kind: 'now', dayMs: nowMs };
  const ran = meeting.state === 'past' ? (meeting.startedAtMs ?? meeting.startsAtMs) : meeting.startsAtMs;
  const dayMs = ran ?? (meeting.state === 'past' ? meeting.createdAtMs : undefined);
  if (dayMs === undefined) return { key: 'anyTime', kind: 'anyTime', dayMs: nowMs };
  const ahead = calendarDaysAhead(dayMs, nowMs, timeZone);
  const kind = ahead === 0 || ahead === 1 || ahead === -1 ? NEAR[ahead] : 'day';
  return { key: epochToWall(dayMs, timeZone).date, kind, dayMs };
}

/** Its zone was not heard of any more; whether the meeting went on there is not known. */
export const isVanished = (meeting: Meeting): boolean =>
  meeting.state !== 'running' && meeting.endReason === 'zone-vanished';

/** Rows under their day, in the order given; what runs now stands first, what has no hour last. */
export function groupMeetings(meetings: readonly Meeting[], nowMs: number, timeZone: string): MeetingGroup[] {
  const groups = new Map<string, MeetingGroup & { readonly meetings: Meeting[] }>();
  for (const meeting of meetings) {
    const place = placeOf(meeting, nowMs, timeZone);
    const group = groups.get(place.key) ?? { ...place, meetings: [] };
    group.meetings.push(meeting);
    groups.set(place.key, group);
  }
  const rank = (group: MeetingGroup): number => (group.kind === 'now' ? 0 : group.kind === 'anyTime' ? 2 : 1);
  return [...groups.values()].toSorted((a, b) => rank(a) - rank(b));
}
