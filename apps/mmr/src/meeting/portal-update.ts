import type { MeetingUpdateOrder, PortalChanges } from '@guildhall/protocol';
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

/**
 * What the owner changed while the zone could not be told. Asked for at each new link to the cloud, so mostly all of it is
 * in force, and then nothing is done. A part that a host has changed later stays as it is.
 * @returns when a controller has stored it. @throws meeting.not-stored, link.closed when the meeting moved on
 */
export const takeMissed = async (
  meeting: LiveMeeting,
  { meetingId, changes }: PortalChanges,
): Promise<void> => {
  const { logger, zone, clock } = meeting.deps;
  await meeting.inTurn(() => {
    const before = meeting.state;
    if (before.ended !== null) return;
    for (const { atMs, agoMs, ...change } of changes) {
      // By our clock: a host's changes are timed by it, and the one of the cloud may go otherwise.
      meeting.decide({ kind: 'update', change, madeAtMs: clock.now() - agoMs });
      // The word of a slower controller about the same change must not come after what a host has set since.
      meeting.updatedAtMs = Math.max(meeting.updatedAtMs, atMs);
    }
    if (meeting.state.rev !== before.rev) {
      logger.info({ meetingId }, 'what was changed in the portal meanwhile holds in a meeting');
    }
  });
  if (meeting.state.ended === null) await zone.stored(meeting);
};
