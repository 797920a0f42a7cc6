import type { Arrival, BranchCommand, BranchEffect } from '@guildhall/domain';
import { z } from 'zod';
import {
  ChatLineIdSchema,
  MeetingIdSchema,
  ParticipantIdSchema,
  RouterIdSchema,
  TrackIdSchema,
} from '../ids.ts';
import {
  ChatText,
  EndReasonSchema,
  LeaveReasonSchema,
  MediaSourceSchema,
  MeetingChangeSchema,
  MeetingSettingsSchema,
  MeetingViewSchema,
  NoRoomSchema,
  Rev,
  RoleSchema,
  SubjectSchema,
  TrackViewSchema,
} from '../meeting.ts';
import { PipedStreamSchema, PipeParametersSchema } from '../pipe.ts';
import { PersonName } from '../text.ts';
import { defineContract, Empty, Hello } from './define.ts';

const who = { participantId: ParticipantIdSchema };
const by = { by: ParticipantIdSchema };
const kind = <const K extends string>(name: K) => ({ kind: z.literal(name) });

const ArrivalSchema: z.ZodType<Arrival> = z.strictObject({
  ...who,
  subject: SubjectSchema,
  name: PersonName,
  role: RoleSchema,
});

/** What people behind a branch may bring about; the rules decide it where the meeting is. */
const BranchCommandSchema: z.ZodType<BranchCommand> = z.discriminatedUnion('kind', [
  z.strictObject({ ...kind('lost'), ...who }),
  z.strictObject({ ...kind('leave'), ...who }),
  z.strictObject({ ...kind('track.add'), ...who, track: TrackViewSchema }),
  z.strictObject({ ...kind('track.mute'), ...who, trackId: TrackIdSchema, muted: z.boolean() }),
  z.strictObject({ ...kind('track.remove'), ...who, trackId: TrackIdSchema }),
  z.strictObject({ ...kind('tracks.drop'), ...who }),
  z.strictObject({ ...kind('hand'), ...by, raised: z.boolean() }),
  z.strictObject({ ...kind('name'), ...by, name: PersonName }),
  z.strictObject({ ...kind('admit'), ...by, ...who }),
  z.strictObject({ ...kind('admitAll'), ...by }),
  z.strictObject({ ...kind('refuse'), ...by, ...who }),
  z.strictObject({ ...kind('lock'), ...by, locked: z.boolean() }),
  z.strictObject({ ...kind('mute'), ...by, ...who, source: MediaSourceSchema }),
  z.strictObject({ ...kind('muteAll'), ...by }),
  z.strictObject({ ...kind('remove'), ...by, ...who }),
  z.strictObject({ ...kind('setRole'), ...by, ...who, role: z.enum(['host', 'co-host', 'participant']) }),
  z.strictObject({ ...kind('setSettings'), ...by, settings: MeetingSettingsSchema }),
  z.strictObject({ ...kind('end'), ...by }),
]);

/** What the router of a branch has to carry out for the people behind it. */
const BranchEffectSchema: z.ZodType<BranchEffect> = z.discriminatedUnion('kind', [
  z.strictObject({ ...kind('entered'), ...who, wasWaiting: z.boolean() }),
  z.strictObject({
    ...kind('gone'),
    ...who,
    reason: z.union([LeaveReasonSchema, z.literal('refused')]),
    wasWaiting: z.boolean(),
  }),
  z.strictObject({ ...kind('silence'), ...who, trackId: TrackIdSchema }),
  z.strictObject({ ...kind('stop-track'), ...who, trackId: TrackIdSchema }),
  z.strictObject({ ...kind('waiting-for'), waitingFor: z.enum(['host', 'admission']) }),
  z.strictObject({ ...kind('ended'), reason: EndReasonSchema }),
  z.strictObject({ ...kind('replaced'), ...who }),
]);

const Changes = z.array(MeetingChangeSchema).max(2_000);

/** One revision for all audiences at once: the router of the branch tells each of its people their part. */
export const Revision = z.strictObject({
  rev: Rev,
  all: Changes,
  moderators: Changes,
  only: z.array(z.strictObject({ ...who, changes: Changes })).max(2_000),
});
export type Revision = z.output<typeof Revision>;

const Entered = z.discriminatedUnion('state', [
  z.strictObject({ state: z.literal('joined') }),
  z.strictObject({
    state: z.literal('lobby'),
    role: RoleSchema,
    waitingFor: z.enum(['host', 'admission']),
  }),
]);
export type Entered = z.output<typeof Entered>;

const entryErrors = [
  'meeting.locked',
  'meeting.removed',
  'meeting.refused',
  'meeting.ended',
  'overloaded',
] as const;

/** Somebody found no room; the owner tells those who moderate, through all its branches. A router of before ignores it. */
const turnedAway = { data: z.strictObject({ why: NoRoomSchema }) };

const notBehind = 'meeting.unknown-participant' as const;

const pipeRequests = {
  /** Puts a stream on the pipe, or changes how much of it is watched. */
  'pipe.want': {
    input: z.strictObject({
      trackId: TrackIdSchema,
      maxSpatialLayer: z.int().min(-1).max(3).describe('Highest layer anybody behind the sender watches'),
    }),
    output: PipedStreamSchema,
    errors: ['media.unknown-producer', 'media.unknown-transport', 'media.limit', 'media.unavailable'],
    retry: 'safe',
  },
  'pipe.unwant': {
    input: z.strictObject({ trackId: TrackIdSchema }),
    output: Empty,
    errors: [],
    retry: 'safe',
  },
} as const;

/**
 * mmr ↔ mmr, for one meeting: side a is the top router, which owns it, side b the sub router, which dials. `open` must
 * be the first message.
 */
export const cascadeContract = defineContract({
  name: 'cascade',
  version: 1,
  dropsUnknownFields: true,
  a: {
    requests: {
      open: {
        input: z.strictObject({
          ...Hello,
          routerId: RouterIdSchema,
          meetingId: MeetingIdSchema,
          since: Rev.nullable().describe('Last revision the branch has; null for none'),
          people: z
            .array(z.strictObject({ person: ArrivalSchema, linked: z.boolean() }))
            .max(2_000)
            .describe('Who is behind the branch, with a connection or without one for the moment'),
        }),
        output: z.strictObject({
          rev: Rev,
          whole: MeetingViewSchema.nullable().describe('Null when `missed` brings the branch up to date'),
          missed: z.array(Revision).max(2_000),
          waitingFor: z.enum(['host', 'admission']),
          people: z
            .array(z.strictObject({ ...who, outcome: z.enum(['joined', 'lobby', 'removed', 'gone']) }))
            .max(2_000)
            .describe('What became of each'),
        }),
        errors: ['protocol.version', 'protocol.hello-repeated', 'node.bad-proof', 'meeting.not-here'],
        retry: 'safe',
      },
      enter: {
        input: z.strictObject({ person: ArrivalSchema }),
        output: Entered,
        errors: entryErrors,
        retry: 'safe',
      },
      act: {
        input: z.strictObject({ command: BranchCommandSchema }),
        output: Empty,
        errors: [
          notBehind,
          'meeting.waiting',
          'meeting.not-allowed',
          'meeting.not-stored',
          'meeting.ended',
          'media.source-taken',
          'media.screen-not-allowed',
          'media.unknown-producer',
        ],
        retry: 'safe',
      },
      chat: {
        input: z.strictObject({ ...by, lineId: ChatLineIdSchema, text: ChatText }),
        output: z.strictObject({ sentAtMs: z.int().min(0) }),
        errors: [notBehind, 'meeting.waiting', 'meeting.chat-off', 'meeting.ended'],
        retry: 'safe',
      },
      /** Whether a track would be allowed, and whether it would begin muted. */
      plan: {
        input: z.strictObject({ ...who, track: TrackViewSchema }),
        output: z.strictObject({ muted: z.boolean() }),
        errors: [
          notBehind,
          'meeting.waiting',
          'meeting.ended',
          'media.source-taken',
          'media.screen-not-allowed',
        ],
        retry: 'safe',
      },
      /** A new pipe; the one of before is closed with all that was on it. */
      'pipe.open': {
        input: z.strictObject({ pipe: PipeParametersSchema }),
        output: z.strictObject({ pipe: PipeParametersSchema }),
        errors: ['media.unavailable', 'media.invalid-parameters', 'media.unknown-transport'],
        retry: 'safe',
      },
      ...pipeRequests,
    },
    events: {
      /** In order, each `rev` one more than the last. Once for each branch, however many people are behind it. */
      revised: { data: Revision },
      affected: { data: z.strictObject({ effect: BranchEffectSchema }) },
      /** The media worker of the top router was replaced: open a new pipe. */
      'pipe.lost': { data: Empty },
      /** A stream that came from a third router is not on the pipe for now: ask for it again while it is wanted. */
      'pipe.ended': { data: z.strictObject({ trackId: TrackIdSchema }) },
      'meeting.turnedAway': turnedAway,
    },
  },
  b: { requests: pipeRequests, events: { 'meeting.turnedAway': turnedAway } },
});
