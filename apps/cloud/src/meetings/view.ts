import { Meeting } from '@guildhall/protocol';
import type { z } from 'zod';
import type { StoredMeeting } from '../store/port.ts';

/** A running meeting is never past; an instant one is past once it ended, a scheduled one when its time is over. */
const stateOf = (meeting: StoredMeeting, nowMs: number): Meeting['state'] => {
  if (meeting.isRunning) return 'running';
  const isOver = meeting.kind === 'instant' && meeting.endedAtMs !== null;
  return isOver || meeting.expectedEndMs <= nowMs ? 'past' : 'upcoming';
};

const EndReason = Meeting.shape.endReason;
/** Null for a word of a later version. */
const endReasonOf = ({ endReason }: StoredMeeting): z.output<typeof EndReason> =>
  EndReason.safeParse(endReason).data ?? null;

/** The passcode is in the fragment: browsers never send that part, so it reaches no server log. */
const joinUrl = (publicUrl: string, { number, passcode }: StoredMeeting): string =>
  `${publicUrl}/j/${number}${passcode === null ? '' : `#pwd=${passcode}`}`;

/** A meeting as its host sees it. */
export function meetingView(meeting: StoredMeeting, publicUrl: string, nowMs: number): Meeting {
  return {
    meetingId: meeting.id,
    number: meeting.number,
    topic: meeting.topic,
    kind: meeting.kind,
    startsAtMs: meeting.startsAtMs,
    durationMinutes: meeting.durationMinutes,
    timeZone: meeting.timeZone,
    passcode: meeting.passcode,
    settings: meeting.settings,
    host: { userId: meeting.hostUserId, name: meeting.hostName },
    state: stateOf(meeting, nowMs),
    startedAtMs: meeting.startedAtMs,
    endedAtMs: meeting.endedAtMs,
    endReason: endReasonOf(meeting),
    createdAtMs: meeting.createdAtMs,
    joinUrl: joinUrl(publicUrl, meeting),
  };
}
