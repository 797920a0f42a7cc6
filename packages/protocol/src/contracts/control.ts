import { z } from 'zod';
import { drainDeadline } from '../drain.ts';
import { MeetingIdSchema, NodeIdSchema, RouterIdSchema } from '../ids.ts';
import { EndReasonSchema, MeetingUpdateSchema, PortalChangesSchema } from '../meeting.ts';
import { PairReport } from '../pair-report.ts';
import { PlacementTold } from '../placement.ts';
import { Policy } from '../policy.ts';
import { EpochMs, HttpUrl, VersionText } from '../text.ts';
import { defineContract, Empty, Hello } from './define.ts';
import { OpenPlace } from './pair.ts';
import { MeetingEvent, QualityReport, RouterLoad } from './zone.ts';

export const RouterReport = z.strictObject({
  routerId: RouterIdSchema,
  nodeId: NodeIdSchema,
  version: VersionText,
  state: z.enum(['connected', 'draining', 'unhealthy', 'unreachable']),
  load: RouterLoad,
  sinceMs: EpochMs,
  overload: z
    .enum(['worker-cpu', 'event-loop'])
    .optional()
    .describe('What keeps the router from taking anybody new. Absent while there is nothing'),
  drainEndsAtMs: EpochMs.optional().describe(
    'It drains, and what has not moved by then is ended. Absent while nothing will be',
  ),
});
export type RouterReport = z.output<typeof RouterReport>;

/** In place of events that a full spool dropped while the cloud was away: how many and from when to when. */
export const EventsLost = z.strictObject({
  kind: z.literal('events.lost'),
  count: z.int().min(1),
  fromMs: EpochMs,
  toMs: EpochMs,
});
export type EventsLost = z.output<typeof EventsLost>;
/** What a zone controller keeps for the cloud. `events.lost` only after an outage longer than its disk is for. */
export const SpooledEvent = z.discriminatedUnion('kind', [...MeetingEvent.options, EventsLost]);
export type SpooledEvent = z.output<typeof SpooledEvent>;

/** Meetings in one question; more are asked of in several. */
export const maxMeetingsChecked = 1_000;

/** cloud ↔ zctrl: side a is the cloud controller, side b the zone controller, which dials. `register` must be first. */
export const controlContract = defineContract({
  name: 'control',
  version: 1,
  dropsUnknownFields: true,
  a: {
    requests: {
      register: {
        input: z.strictObject({
          ...Hello,
          nodeId: NodeIdSchema,
          version: VersionText,
          urls: z
            .array(HttpUrl)
            .min(1)
            .max(8)
            .describe('Where browsers reach this controller, inside addresses first'),
          policyRev: z.int().min(-1).describe('Revision of the policy on disk, -1 for none'),
          startedAtMs: EpochMs,
        }),
        output: z.strictObject({ policy: Policy, serverTimeMs: EpochMs }),
        errors: ['protocol.version', 'node.unknown', 'node.bad-proof'],
        retry: 'safe',
      },
      /** Answered after the commit. `seq` counts per node and epoch of its outbox, so a repeat has one effect. */
      'events.push': {
        input: z.strictObject({
          outboxEpoch: z
            .string()
            .min(8)
            .max(64)
            .describe('Made when the outbox file was: a restored snapshot has another'),
          events: z
            .array(z.strictObject({ seq: z.int().min(1), event: SpooledEvent }))
            .min(1)
            .max(500),
        }),
        output: z.strictObject({ ackedSeq: z.int().min(0) }),
        errors: ['store.unavailable'],
        retry: 'safe',
      },
      /**
       * May I open these meetings there? Asked only while the other controller of the zone does not answer; the first
       * of two wins for ten seconds and may renew it. `held` says where the other one has it.
       */
      'meeting.claim': {
        input: z.strictObject({
          claims: z
            .array(z.strictObject({ meetingId: MeetingIdSchema, place: OpenPlace }))
            .min(1)
            .max(200),
        }),
        output: z.strictObject({
          answers: z
            .array(
              z.discriminatedUnion('kind', [
                z.strictObject({ kind: z.literal('granted'), epoch: z.int().min(1) }),
                z.strictObject({ kind: z.literal('held'), place: OpenPlace }),
                z.strictObject({ kind: z.literal('unknown') }),
              ]),
            )
            .max(200)
            .describe('One for each claim, in order; unknown: no meeting of this account'),
        }),
        errors: ['store.unavailable'],
        retry: 'safe',
      },
      /**
       * Are these meetings, which run in the zone, still to be, and what of them was changed in the portal? Asked when the link opens and of what begins to run later.
       * A cloud of before does not know the word; then nothing is ended.
       */
      'meetings.check': {
        input: z.strictObject({ meetingIds: z.array(MeetingIdSchema).min(1).max(maxMeetingsChecked) }),
        output: z.strictObject({
          deleted: z
            .array(MeetingIdSchema)
            .max(maxMeetingsChecked)
            .describe(
              'Deleted in the portal, to be ended. One that the cloud never heard of is not among them',
            ),
          changed: z
            .array(PortalChangesSchema)
            .max(maxMeetingsChecked)
            .optional()
            .describe('Changed in the portal since they were made. Absent: a cloud of before'),
        }),
        errors: ['store.unavailable'],
        retry: 'safe',
      },
    },
    events: {
      'policy.changed': { data: z.strictObject({ policy: Policy }) },
      /** Told to every controller of the zones of the account; one of before ignores it. */
      'meeting.updated': { data: MeetingUpdateSchema },
    },
  },
  b: {
    requests: {
      'meeting.end': {
        input: z.strictObject({ meetingId: MeetingIdSchema, reason: EndReasonSchema }),
        output: Empty,
        errors: [],
        retry: 'safe',
      },
      /** To every controller of the zone; each hands it on to the router if that is linked to it. */
      'router.drain': {
        input: z.strictObject({
          nodeId: NodeIdSchema,
          draining: z.boolean(),
          ...drainDeadline,
        }),
        output: Empty,
        errors: [],
        retry: 'safe',
      },
    },
    events: {
      'status.reported': {
        data: z.strictObject({
          routers: z.array(RouterReport).max(500),
          meetings: z.int().min(0),
          participants: z.int().min(0),
          pair: PairReport.optional().describe('Absent in a zone with one controller'),
        }),
      },
      /** At each connection with TLS, and after another certificate; a cloud that does not know it ignores it. */
      'certificate.reported': {
        data: z.strictObject({
          expiresAtMs: EpochMs.describe('End of the certificate that browsers and routers are shown'),
        }),
      },
      /** When a meeting or a branch was placed, and again at each connection; a cloud that does not know it ignores it. */
      'placement.decided': { data: PlacementTold },
      /** One router's report at a time, as it came; a cloud that does not know it ignores it. */
      'quality.reported': {
        data: z.strictObject({ routerId: RouterIdSchema, nodeId: NodeIdSchema, report: QualityReport }),
      },
    },
  },
});
