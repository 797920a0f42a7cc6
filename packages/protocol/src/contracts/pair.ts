import { z } from 'zod';
import { MeetingIdSchema, NodeIdSchema, RouterIdSchema } from '../ids.ts';
import { Policy } from '../policy.ts';
import { VersionText, WsUrl } from '../text.ts';
import { Jwt, nodeProofLifetimeMs } from '../tokens.ts';
import { Epoch, MeetingEnd, StoredCopy } from './copies.ts';
import { defineContract, Empty, Hello } from './define.ts';

/** 0: never heard of. */
const KnownEpoch = z.int().min(0);

/** By which the controller that was dialled proves itself; aud is `pair:<node id of the dialler>`. */
export const PairProofClaims = z.strictObject({
  iss: NodeIdSchema,
  aud: z.string(),
  typ: z.literal('pair-proof'),
  iat: z.int().min(0),
  exp: z.int().min(0),
  jti: z.string().min(1).max(80),
  challenge: z.string().min(16).max(64),
});
/** aud of the proof: the node id of the controller that dialled. */
export const pairAudience = (nodeId: string): string => `pair:${nodeId}`;
export const pairProofLifetimeMs = nodeProofLifetimeMs;

/** Where a meeting is open, and how browsers get there. */
export const OpenPlace = z.strictObject({
  routerId: RouterIdSchema,
  signallingUrls: z.array(WsUrl).min(1).max(8),
  epoch: Epoch,
});
export type OpenPlace = z.output<typeof OpenPlace>;

/** What both controllers ask of each other, whichever dialled. */
const requests = {
  /** Answered at once: who does not answer within a second counts as gone. */
  ping: { input: Empty, output: Empty, errors: [], retry: 'safe' },
  /**
   * May I open this meeting? `granted` names the epoch to open it by and holds for 600 ms from the asking; `busy`: the
   * other is opening it itself, ask again.
   */
  'meeting.reserve': {
    input: z.strictObject({
      meetingId: MeetingIdSchema,
      epoch: KnownEpoch.describe('The highest epoch the asker has heard of'),
      steps: z.int().min(1).max(100_000).describe('Counters to skip; 1 unless a router obeys newer orders'),
    }),
    output: z.discriminatedUnion('kind', [
      z.strictObject({ kind: z.literal('granted'), epoch: Epoch }),
      z.strictObject({ kind: z.literal('open'), place: OpenPlace }),
      z.strictObject({ kind: z.literal('busy') }),
    ]),
    errors: ['store.unavailable'],
    retry: 'safe',
  },
  /** A checkpoint the other may not have, as routers send it. Never refused for its age: an old copy is merged. */
  'checkpoint.put': {
    input: StoredCopy,
    output: Empty,
    errors: ['store.unavailable'],
    retry: 'safe',
  },
  /** An end the other may not have heard of. The cloud was told already. */
  'meeting.ended': { input: MeetingEnd, output: Empty, errors: ['store.unavailable'], retry: 'safe' },
} as const;

const events = {
  /** The newer one wins, so that a controller without the cloud learns what the other was told. */
  'policy.changed': { data: z.strictObject({ policy: Policy }) },
} as const;

/** zctrl ↔ zctrl of a pair: both dial; `hello` must be the first message of the one that dialled (side b). */
export const pairContract = defineContract({
  name: 'pair',
  version: 1,
  dropsUnknownFields: true,
  a: {
    requests: {
      hello: {
        input: z.strictObject({
          ...Hello,
          nodeId: NodeIdSchema,
          version: VersionText,
          policyRev: z.int().min(-1).describe('Revision of the policy in force, -1 for none'),
          challenge: z.string().min(16).max(64).describe('To be signed by the controller that was dialled'),
        }),
        output: z.strictObject({
          nodeId: NodeIdSchema,
          version: VersionText,
          policyRev: z.int().min(-1),
          proof: Jwt,
        }),
        errors: ['protocol.version', 'node.bad-proof', 'zone.no-policy'],
        retry: 'never',
      },
      ...requests,
    },
    events,
  },
  b: { requests, events },
});
