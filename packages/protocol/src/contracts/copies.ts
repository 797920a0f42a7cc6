import { z } from 'zod';
import { MeetingIdSchema } from '../ids.ts';
import { EndReasonSchema, MeetingCheckpointSchema, Rev } from '../meeting.ts';
import { EpochMs } from '../text.ts';

/** Grows with every decision to open a meeting; a router obeys the highest it has seen and refuses older ones. */
export const Epoch = z.int().min(1);

/** A copy of a meeting, as a router stores it and as controllers pass it on. */
export const StoredCopy = z.strictObject({
  meetingId: MeetingIdSchema,
  epoch: Epoch,
  rev: Rev,
  checkpoint: MeetingCheckpointSchema,
});

/** The end of a meeting, as the router that owned it says it and as controllers pass it on. */
export const MeetingEnd = z.strictObject({
  meetingId: MeetingIdSchema,
  epoch: Epoch,
  reason: EndReasonSchema,
  atMs: EpochMs,
});
