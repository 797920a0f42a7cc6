import { z } from 'zod';
import { drainDeadline } from '../drain.ts';
import { MeetingIdSchema, NodeIdSchema, ParticipantIdSchema, RouterIdSchema, ZoneIdSchema } from '../ids.ts';
import {
  EndReasonSchema,
  LeaveReasonSchema,
  MeetingCheckpointSchema,
  MeetingLiveSchema,
  MeetingSpecSchema,
  MeetingUpdateSchema,
  NoRoomSchema,
  PortalChangesSchema,
  Rev,
  RoleSchema,
} from '../meeting.ts';
import { EpochMs, PersonName, VersionText, WsUrl } from '../text.ts';
import { Jwt, PublicJwk } from '../tokens.ts';
import { Epoch, MeetingEnd, StoredCopy } from './copies.ts';
import { defineContract, Empty, Hello } from './define.ts';

export const OpenMeetingReport = z.strictObject({
  meetingId: MeetingIdSchema,
  epoch: Epoch,
  participants: z.int().min(0),
  startedAtMs: EpochMs,
});
export type OpenMeetingReport = z.output<typeof OpenMeetingReport>;

/** A branch of a meeting that another router owns. */
export const BranchReport = z.strictObject({
  meetingId: MeetingIdSchema,
  epoch: Epoch,
  participants: z.int().min(0).describe('People behind it'),
});
export type BranchReport = z.output<typeof BranchReport>;

/** Sent only when there is one: a controller of before does not know the word. */
const Branches = z.array(BranchReport).max(10_000).optional();

export const RouterLoad = z.strictObject({
  participants: z.int().min(0),
  meetings: z.int().min(0),
  /** Busiest media worker, 0 to 1 of a core. */
  workerCpu: z.number().min(0).max(1),
  bitrateInBps: z.number().min(0),
  bitrateOutBps: z.number().min(0),
});
export type RouterLoad = z.output<typeof RouterLoad>;

/** How somebody's media gets through, as the router measures it. What is not known yet is null. */
export const PersonQuality = z.strictObject({
  participantId: ParticipantIdSchema,
  name: PersonName,
  role: RoleSchema,
  bitrateInBps: z.number().min(0).describe('From the person to the router'),
  bitrateOutBps: z.number().min(0).describe('From the router to the person'),
  lossIn: z.number().min(0).max(1).nullable().describe('Share of packets lost on the way to the router'),
  lossOut: z.number().min(0).max(1).nullable().describe('Share of packets lost on the way to the person'),
  roundTripTimeMs: z.number().min(0).max(600_000).nullable(),
  jitterMs: z.number().min(0).max(600_000).nullable().describe('Of the speech that arrives at the router'),
  mos: z.number().min(1).max(5).nullable().describe('Estimated mean opinion score of speech'),
  transport: z.enum(['udp', 'tcp']).nullable(),
});
export type PersonQuality = z.output<typeof PersonQuality>;

/** At most this many people and meetings are in one report of a router: it stays below the size of a message. */
export const maxPeopleInReport = 2_000;
export const maxMeetingsInReport = 1_000;

/** Who is where, and how well it works for them. Sent every ten seconds; each replaces the one before. */
export const QualityReport = z.strictObject({
  startedAtMs: EpochMs.describe('When the router started'),
  addresses: z.array(WsUrl).max(8).describe('Where browsers reach it'),
  certificateExpiresAtMs: EpochMs.optional().describe('End of its TLS certificate; absent without TLS'),
  workers: z
    .array(
      z.strictObject({
        cpu: z.number().min(0).max(1),
        bitrateInBps: z.number().min(0),
        bitrateOutBps: z.number().min(0),
      }),
    )
    .max(256),
  meetings: z
    .array(
      z.strictObject({
        meetingId: MeetingIdSchema,
        startedAtMs: EpochMs,
        people: z.array(PersonQuality).max(maxPeopleInReport),
      }),
    )
    .max(maxMeetingsInReport),
});
export type QualityReport = z.output<typeof QualityReport>;

/** What happens in meetings, for the account's history; carried to the cloud through the controller's outbox. */
export const MeetingEvent = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('meeting.started'), meetingId: MeetingIdSchema, atMs: EpochMs }),
  z.strictObject({
    kind: z.literal('meeting.ended'),
    meetingId: MeetingIdSchema,
    atMs: EpochMs,
    reason: EndReasonSchema,
  }),
  z.strictObject({
    kind: z.literal('participant.joined'),
    meetingId: MeetingIdSchema,
    atMs: EpochMs,
    participantId: ParticipantIdSchema,
    name: PersonName,
    role: RoleSchema,
  }),
  z.strictObject({
    kind: z.literal('participant.left'),
    meetingId: MeetingIdSchema,
    atMs: EpochMs,
    participantId: ParticipantIdSchema,
    reason: LeaveReasonSchema,
  }),
]);
export type MeetingEvent = z.output<typeof MeetingEvent>;

/**
 * Where the controllers of the zone answer routers, as the policy of that revision says. A zone with one controller has no
 * need for it: then the list is empty, and what was learned before is forgotten.
 */
export const ZoneControllers = z.strictObject({
  rev: z.int().min(0).describe('Of the policy it is from'),
  controllers: z
    .array(
      z.strictObject({
        nodeId: NodeIdSchema.describe('A controller that says to be another one is left again'),
        urls: z.array(WsUrl).max(8).describe('Its link for routers, inside addresses first'),
      }),
    )
    .max(8),
});
export type ZoneControllers = z.output<typeof ZoneControllers>;

/** zctrl ↔ mmr: side a is the zone controller, side b the router, which dials. `register` must be the first message. */
export const zoneContract = defineContract({
  name: 'zone',
  version: 1,
  dropsUnknownFields: true,
  a: {
    requests: {
      register: {
        input: z.strictObject({
          ...Hello,
          routerId: RouterIdSchema.describe(
            'Made anew at each start of the process: a restarted router is another router',
          ),
          nodeId: NodeIdSchema,
          version: VersionText,
          signallingUrls: z
            .array(WsUrl)
            .min(1)
            .max(8)
            .describe('Where browsers reach it, inside addresses first'),
          meetings: z.array(OpenMeetingReport).max(10_000),
          branches: Branches,
        }),
        output: z.strictObject({
          zoneId: ZoneIdSchema,
          controllerId: NodeIdSchema,
          seatKeys: z
            .array(PublicJwk)
            .min(1)
            .max(10)
            .describe('Keys of the controllers whose seats are good'),
          webOrigins: z.array(z.string().max(300)).max(20),
          limits: z.strictObject({
            participantsPerRouter: z.int().min(1),
            meetingsPerRouter: z.int().min(1),
          }),
          zoneControllers: ZoneControllers.optional().describe('Absent: a controller of before'),
        }),
        errors: ['protocol.version', 'node.unknown', 'node.bad-proof', 'zone.no-policy'],
        retry: 'safe',
      },
      /** Answered only after the commit to disk: what was answered survives the router's death. */
      'checkpoint.put': {
        input: StoredCopy,
        output: Empty,
        errors: ['zone.stale-epoch', 'store.unavailable'],
        retry: 'safe',
      },
      /** The meeting is over: its checkpoint is deleted and the cloud told. */
      'meeting.ended': {
        input: MeetingEnd,
        output: Empty,
        errors: ['zone.stale-epoch', 'store.unavailable'],
        retry: 'safe',
      },
      /** Events of the history, stored in the outbox before the answer. `batchId` makes a repeat harmless. */
      'events.put': {
        input: z.strictObject({
          batchId: z.string().min(8).max(64),
          events: z.array(MeetingEvent).min(1).max(200),
        }),
        output: Empty,
        errors: ['store.unavailable'],
        retry: 'safe',
      },
    },
    events: {
      /** Somebody found no room in a meeting of this router. A router that does not know the word ignores it. */
      'meeting.turnedAway': {
        data: z.strictObject({ meetingId: MeetingIdSchema, why: NoRoomSchema }),
      },
      /** The oldest version that hosts meetings, after `register` and when it changes. A router of before ignores it. */
      'version.required': {
        data: z.strictObject({
          minimum: z.strictObject({ version: VersionText, fromMs: EpochMs }).nullable(),
        }),
      },
      /** What one router may hold, when it changes; nobody leaves because of it. A router of before ignores it. */
      'limits.changed': {
        data: z.strictObject({
          limits: z.strictObject({
            participantsPerRouter: z.int().min(1),
            meetingsPerRouter: z.int().min(1),
          }),
        }),
      },
      /** Another controller came, went or answers elsewhere. A router of before ignores it. */
      'controllers.changed': { data: ZoneControllers },
      'keys.changed': {
        data: z.strictObject({
          seatKeys: z.array(PublicJwk).min(1).max(10),
          webOrigins: z.array(z.string().max(300)).max(20),
        }),
      },
    },
  },
  b: {
    requests: {
      /** Opens the meeting, or says it is open already. With a checkpoint it continues where that one was. */
      'meeting.open': {
        input: z.strictObject({
          meeting: MeetingSpecSchema,
          epoch: Epoch,
          checkpoint: MeetingCheckpointSchema.nullable(),
          live: MeetingLiveSchema.exactOptional().describe(
            'Sent only when it moves here from a router that lives',
          ),
          checkpointEpoch: Epoch.optional().describe('Of the copy the checkpoint is from; sent with one'),
        }),
        output: z.strictObject({ alreadyOpen: z.boolean() }),
        errors: ['zone.stale-epoch', 'media.unavailable', 'zone.full'],
        retry: 'safe',
      },
      /**
       * Opens a branch of a meeting that another router owns, or leads the one that is open to the router that owns the
       * meeting now.
       */
      'meeting.branch': {
        input: z.strictObject({
          meetingId: MeetingIdSchema,
          epoch: Epoch,
          top: z.strictObject({
            routerId: RouterIdSchema,
            urls: z.array(WsUrl).min(1).max(8).describe('Its signalling addresses, inside ones first'),
          }),
          token: Jwt,
        }),
        output: Empty,
        errors: ['zone.stale-epoch', 'media.unavailable', 'zone.full', 'link.unreachable'],
        retry: 'safe',
      },
      'meeting.end': {
        input: z.strictObject({ meetingId: MeetingIdSchema, reason: EndReasonSchema }),
        output: Empty,
        errors: [],
        retry: 'safe',
      },
      /**
       * Its owner changed the meeting in the portal: it holds at once, and wins over what a host has set in the meeting
       * before. Answered when that is stored. `isOpen` false: not open here, nothing was done.
       */
      'meeting.update': {
        input: MeetingUpdateSchema,
        output: z.strictObject({ isOpen: z.boolean() }),
        errors: ['meeting.not-stored'],
        retry: 'safe',
      },
      /**
       * What its owner changed in the portal while the zone may not have been told. For each part of it the later one of
       * the owner's change and a host's holds. Answered when that is stored. A router of before does not know the word.
       */
      'meeting.catchUp': {
        input: PortalChangesSchema,
        output: z.strictObject({ isOpen: z.boolean() }),
        errors: ['meeting.not-stored'],
        retry: 'safe',
      },
      /**
       * The meeting is to go on on another router: this one finishes what it has begun, decides nothing any more and
       * answers what the other needs. Media flows on. A `meeting.open` with a newer epoch takes it back; without a word
       * within seconds the router asks, by storing a checkpoint, whether it is still the owner.
       */
      'meeting.handover': {
        input: z.strictObject({ meetingId: MeetingIdSchema }),
        output: z.strictObject({
          epoch: Epoch,
          rev: Rev,
          checkpoint: MeetingCheckpointSchema,
          live: MeetingLiveSchema,
        }),
        errors: ['meeting.not-here'],
        retry: 'never',
      },
      /** The other router has it open: this one sends its people there and forwards their media until they are gone. */
      'meeting.moved': {
        input: z.strictObject({ meetingId: MeetingIdSchema, epoch: Epoch }),
        output: Empty,
        errors: [],
        retry: 'safe',
      },
      /** No new meetings from now on, and those that run are moved to other routers; or the end of that. */
      'router.drain': {
        input: z.strictObject({
          draining: z.boolean(),
          ...drainDeadline,
        }),
        output: Empty,
        errors: [],
        retry: 'safe',
      },
      /**
       * Another copy of the meeting gives way to the one that is open here: what was decided there holds here from now
       * on. Answered when that is stored. `isOpen` false: not open here (any more), nothing was done.
       */
      'meeting.merge': {
        input: z.strictObject({
          meetingId: MeetingIdSchema,
          epoch: Epoch.describe('Of the copy that gives way'),
          rev: Rev,
          checkpoint: MeetingCheckpointSchema,
        }),
        output: z.strictObject({ isOpen: z.boolean() }),
        errors: ['meeting.not-stored'],
        retry: 'safe',
      },
    },
    events: {
      'load.reported': {
        data: z.strictObject({
          load: RouterLoad,
          meetings: z.array(OpenMeetingReport).max(10_000),
          branches: Branches,
          draining: z
            .boolean()
            .optional()
            .describe('Takes no new meetings; those that run go on. Sent only while true'),
          overload: z
            .enum(['worker-cpu', 'event-loop'])
            .optional()
            .describe('What keeps the router from taking anybody new. Sent only while there is something'),
          drainEndsAtMs: EpochMs.optional().describe(
            'What has not moved by then is ended. Sent only while a drain ends so',
          ),
        }),
      },
      /** For monitoring only: nothing depends on it, and a controller that does not know it ignores it. */
      'quality.reported': { data: QualityReport },
    },
  },
});
