import type { MeetingId } from '@guildhall/domain';
import type { Clock, Logger } from '@guildhall/kit';
import type { Room } from '../engine/port.ts';

/** Pause before another try when no worker could be had. */
const againAfterMs = 500;

/** A room wherever there is a worker, as soon as there is one. @throws what the last try threw, once nobody wants it */
export const openUntil = async (
  open: () => Promise<Room>,
  isUnwanted: () => boolean,
  { meetingId, clock, logger }: { meetingId: MeetingId; clock: Clock; logger: Logger },
): Promise<Room> => {
  for (;;) {
    try {
      return await open();
    } catch (error) {
      if (isUnwanted()) throw error;
      logger.warn({ err: error, meetingId }, 'no media worker for a meeting yet');
      await clock.sleep(againAfterMs);
    }
  }
};
