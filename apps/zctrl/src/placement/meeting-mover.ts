import type { MeetingId } from '@guildhall/domain';
import type { Logger } from '@guildhall/kit';
import { isGuildhallError } from '@guildhall/rpc';
import type { LinkedRouter, MeetingStorePort, SeatPlace } from '../types.ts';
import type { MeetingOpener } from './meeting-opener.ts';

interface MoverOptions {
  readonly store: MeetingStorePort;
  readonly opener: MeetingOpener;
  readonly logger: Logger;
}

type Moved =
  | { readonly kind: 'moved'; readonly router: SeatPlace; readonly epoch: number }
  /** No other router took it; the one of before goes on, by a newer order. */
  | { readonly kind: 'stays'; readonly epoch: number };

/**
 * Moves one meeting between two routers that live. At every moment at most one of them decides: the old one stands
 * still from its answer on, what it answered is on disk before the epoch is raised, and from then on nothing it might
 * still store is taken. Must run in the meeting's queue, so that whoever joins meanwhile waits for the outcome.
 * @throws GuildhallError what the router of now answered to the first question; nothing has changed then
 */
export async function moveMeeting(
  meetingId: MeetingId,
  from: LinkedRouter,
  { store, opener, logger }: MoverOptions,
): Promise<Moved> {
  const { epoch, rev, checkpoint, live } = await from.link.handOver(meetingId);
  try {
    await store.putCheckpoint({ meetingId, epoch, rev, checkpoint });
    const { router, epoch: newEpoch } = await opener.open(checkpoint.spec, 0, {
      isNew: false,
      live,
      not: from.routerId,
    });
    logger.info({ meetingId, from: from.routerId, to: router.routerId, epoch: newEpoch }, 'meeting moved');
    // Not waited for: who joins next need not wait for it, and a router that does not hear it asks.
    from.link.meetingMoved(meetingId, newEpoch).catch((error: unknown) => {
      logger.warn({ err: error, meetingId }, 'a router did not hear that its meeting moved; it will ask');
    });
    return { kind: 'moved', router, epoch: newEpoch };
  } catch (error) {
    const why = isGuildhallError(error) ? error.code : 'internal';
    logger.info({ meetingId, routerId: from.routerId, why }, 'no other router took a meeting; it stays');
    return { kind: 'stays', epoch: await opener.giveBack(from, checkpoint.spec) };
  }
}
