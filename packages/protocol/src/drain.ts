import { z } from 'zod';

/** What becomes of the meetings that could not be moved when the deadline of a drain comes. */
export const atDeadlines = ['wait', 'end'] as const;

/** When an order to drain has to be done, as every link carries it. */
export const drainDeadline = {
  deadlineMs: z
    .int()
    .min(0)
    .max(86_400_000)
    .optional()
    .describe('After this it is said what could not be moved'),
  atDeadline: z
    .enum(atDeadlines)
    .optional()
    .describe(
      'wait, the default: what is left goes on. end: what is left is ended, and its people are told why. Only with a deadline',
    ),
} as const;

export interface DrainDeadline {
  readonly deadlineMs?: number | undefined;
  readonly atDeadline?: (typeof atDeadlines)[number] | undefined;
}
