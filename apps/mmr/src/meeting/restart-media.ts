import type { Logger } from '@guildhall/kit';
import type { MeetingMediaPort } from '../types.ts';
import type { Attendee } from './attendee.ts';

/** After the death of the media worker: new transports for who is here; who comes back later gets them then. */
export const restartMedia = async (
  attendee: Attendee,
  media: MeetingMediaPort,
  logger: Logger,
): Promise<void> => {
  const { participantId, peer } = attendee;
  if (attendee.state !== 'joined' || !peer) return;
  try {
    const offer = await media.start(participantId);
    if (attendee.peer === peer) attendee.tell('media.reset', { media: offer });
  } catch (error) {
    // Dead again, or replaced: whoever did that starts anew by itself.
    logger.debug({ err: error, participantId }, 'media could not be restarted');
  }
};
