import { z } from 'zod';
import { EpochMs } from './text.ts';

/** The link between the two controllers of a zone, as one of them sees it. */
export const PairReport = z.strictObject({
  state: z.enum(['connected', 'alone']).describe('alone: the other controller does not answer'),
  sinceMs: EpochMs,
});
export type PairReport = z.output<typeof PairReport>;
