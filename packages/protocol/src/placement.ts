import { z } from 'zod';
import { MeetingIdSchema, NodeIdSchema } from './ids.ts';
import { EpochMs } from './text.ts';

/** What the placement of a meeting found of one router, at the moment it decided. */
export const placementVerdicts = [
  'chosen',
  'ok',
  'full',
  'busy',
  'draining',
  'starting',
  'unhealthy',
  'stale',
  'outdated',
  'left-out',
] as const;

const PlacementFinding = z.strictObject({
  nodeId: NodeIdSchema,
  verdict: z
    .enum(placementVerdicts)
    .describe('left-out: the meeting moved away from it, or it had just failed to open the meeting'),
  score: z
    .number()
    .min(0)
    .nullable()
    .describe('Share used of its scarcest resource, 0 idle, 1 full. Null when nothing was reported'),
});

/** Why a meeting, or a branch of it, was opened where it was. */
export const PlacementTold = z.strictObject({
  meetingId: MeetingIdSchema,
  atMs: EpochMs,
  why: z
    .enum(['only-one', 'least-loaded', 'has-branch'])
    .describe('has-branch: every router was full, but people of the meeting sat on this one already'),
  routers: z.array(PlacementFinding).min(1).max(500).describe('Best first; exactly one is chosen'),
});
export type PlacementTold = z.output<typeof PlacementTold>;
