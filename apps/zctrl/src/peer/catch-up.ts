import type { MeetingId } from '@guildhall/domain';
import type { Clock } from '@guildhall/kit';
import type { MeetingStorePort, StoredCopy, StoredEnd } from '../types.ts';
import type { PairSession } from './pair-session.ts';

/** A controller that was away longer learns of ends from the routers and the cloud only. */
const endsOfMs = 24 * 3_600_000;
const atOnce = 8;

interface CatchUpStore extends Pick<MeetingStorePort, 'openMeetings'> {
  copiesOf(meetingId: MeetingId): readonly StoredCopy[];
  endsSince(sinceMs: number): readonly StoredEnd[];
}

/**
 * Tells the other controller what it may have missed: ends first, so that nothing that is over is opened again, then
 * every copy of what is open. Repeating it is harmless. Rejected: comparing lists first; a zone has hundreds of meetings
 * and not millions, and links between controllers break rarely.
 * @throws what the link answers
 */
export async function bringUpToDate(
  session: Pick<PairSession, 'putCheckpoint' | 'meetingEnded'>,
  store: CatchUpStore,
  clock: Clock,
): Promise<void> {
  const ends = [...store.endsSince(clock.now() - endsOfMs)];
  await inParallel(ends, (end) => session.meetingEnded(end));
  const open = store.openMeetings().map(({ meetingId }) => meetingId);
  await inParallel(open, async (meetingId) => {
    for (const copy of store.copiesOf(meetingId)) await session.putCheckpoint(copy);
  });
}

async function inParallel<T>(items: T[], run: (item: T) => Promise<void>): Promise<void> {
  const worker = async (): Promise<void> => {
    for (let next = items.shift(); next !== undefined; next = items.shift()) await run(next);
  };
  await Promise.all(Array.from({ length: atOnce }, worker));
}
