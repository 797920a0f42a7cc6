import type { Meeting } from '@guildhall/protocol';
import { joinPath, spacedNumber } from '../lib/join.ts';
import type { TimeWriter } from '../lib/format.ts';
import { text } from '../words/words.ts';

/** "Monday, 24 November, 10:00 – 11:00, Madrid (GMT+1)" in the meeting's own zone; undefined when it has no hour. */
export function meetingTime(meeting: Meeting, times: TimeWriter): string | undefined {
  if (meeting.startsAtMs === null) return undefined;
  const zone = meeting.timeZone ?? 'UTC';
  const endsAtMs = meeting.startsAtMs + (meeting.durationMinutes ?? 60) * 60_000;
  const hours = `${times.timeIn(meeting.startsAtMs, zone)} – ${times.timeIn(endsAtMs, zone)}`;
  return `${times.dayIn(meeting.startsAtMs, zone)}, ${hours}, ${times.zone(zone, meeting.startsAtMs)}`;
}

/** The link to hand out: the server's, which knows the address others reach it by. */
export const joinLink = (meeting: Meeting): string =>
  meeting.joinUrl || new URL(joinPath(meeting), location.origin).href;

/** The text to paste into a mail or a chat. */
export function invitationText(meeting: Meeting, times: TimeWriter): string {
  const t = text('meeting');
  const time = meetingTime(meeting, times);
  const lines = [
    t('invite.lead', { host: meeting.host.name }),
    '',
    t('invite.topic', { topic: meeting.topic }),
    time === undefined ? undefined : t('invite.time', { time }),
    '',
    t('invite.link', { link: joinLink(meeting) }),
    t('invite.number', { number: spacedNumber(meeting.number) }),
    meeting.passcode === null ? undefined : t('invite.passcode', { passcode: meeting.passcode }),
  ];
  return lines.filter((line) => line !== undefined).join('\n');
}
