import type { MeetingUpdateOrder } from '@guildhall/protocol';
import type { LiveMeeting } from './live-meeting.ts';

/**
 * What the owner changed in the portal holds here from now on. Both controllers bring it: one that is no newer than the
 * last taken does nothing, so that what a host has set since is not undone by the slower of the two.
 * @returns when a controller has stored it. @throws meeting.not-stored, link.closed when the meeting moved on
 */
export const takeUpdate = async (meeting: LiveMeeting, update: MeetingUpdateOrder): Promise<void> => {
  const { meetingId, atMs, ...change } = update;
  const { logger, zone } = meeting.deps;
  await meeting.inTurn(() => {
    if (meeting.state.ended !== null || atMs <= meeting.updatedAtMs) return;
    meeting.decide({ kind: 'update', change });
    meeting.updatedAtMs = atMs;
    logger.info({ meetingId, change: Object.keys(change) }, 'a meeting was changed in the portal');
  });
  if (meeting.state.ended === null) await zone.stored(meeting);
};
