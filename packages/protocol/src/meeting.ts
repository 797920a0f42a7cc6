import type {
  ChatLine,
  CheckpointPerson,
  MeetingChange,
  MeetingCheckpoint,
  MeetingLive,
  MeetingSettings,
  MeetingSpec,
  MeetingView,
  ParticipantView,
  SpecTimes,
  TrackView,
  WaitingView,
} from '@guildhall/domain';
import { endReasons, leaveReasons, mediaSources, presences, roles } from '@guildhall/domain';
import { z } from 'zod';
import { ChatLineIdSchema, MeetingIdSchema, ParticipantIdSchema, TrackIdSchema } from './ids.ts';
import { blockText, EpochMs, lineText, MeetingNumber, PersonName } from './text.ts';

export const RoleSchema = z.enum(roles);
export const MediaSourceSchema = z.enum(mediaSources);
export const PresenceSchema = z.enum(presences);
export const LeaveReasonSchema = z.enum(leaveReasons);
export const EndReasonSchema = z.enum(endReasons);

/** What was full when somebody could not get in: the router's seats, or its measured load. */
export const NoRoomSchema = z.enum(['seats', 'load']);
export type NoRoom = z.infer<typeof NoRoomSchema>;

export const SubjectSchema = z
  .string()
  .regex(/^(usr_|guest:prt_)[A-Za-z0-9]{10,40}$/u)
  .describe('Who a seat belongs to: a user id, or guest: and the participant id');

export const Topic = lineText(200).describe('What the meeting is called');
export const ChatText = blockText(4000).describe('One chat line, at most 4,000 characters');

/** Numbered steps of one meeting on one router; starts at 0 and only grows. */
export const Rev = z.int().min(0).describe('Revision of the meeting view');

const settings = {
  lobby: z.boolean().describe('People wait until a host admits them'),
  guestsAllowed: z.boolean().describe('People without an account of the organisation may join'),
  joinBeforeHost: z.boolean().describe('People may be in the meeting before a host is'),
  muteOnEntry: z.boolean().describe('Microphones are off when people come in'),
  chat: z.boolean().describe('Chat is on'),
  screenShare: z.enum(['everyone', 'hosts']).describe('Who may share a screen'),
};
export const MeetingSettingsSchema: z.ZodType<MeetingSettings> = z.strictObject(settings);

/** When the topic and each setting of a meeting were last changed. Absent: not since it was made. */
export const SpecTimesSchema: z.ZodType<SpecTimes> = z.strictObject({
  topic: EpochMs.optional(),
  lobby: EpochMs.optional(),
  guestsAllowed: EpochMs.optional(),
  joinBeforeHost: EpochMs.optional(),
  muteOnEntry: EpochMs.optional(),
  chat: EpochMs.optional(),
  screenShare: EpochMs.optional(),
});

const portalChange = {
  atMs: EpochMs.describe(
    'When it was changed, by the clock of the cloud; one older than the last taken does nothing',
  ),
  topic: Topic.exactOptional(),
  settings: z
    .strictObject({
      lobby: settings.lobby.exactOptional(),
      guestsAllowed: settings.guestsAllowed.exactOptional(),
      joinBeforeHost: settings.joinBeforeHost.exactOptional(),
      muteOnEntry: settings.muteOnEntry.exactOptional(),
      chat: settings.chat.exactOptional(),
      screenShare: settings.screenShare.exactOptional(),
    })
    .exactOptional(),
};
/** What was changed in the portal of a meeting that may be running. What is not named stays as it is in the meeting. */
export const MeetingUpdateSchema = z.strictObject({ meetingId: MeetingIdSchema, ...portalChange });
export type MeetingUpdateOrder = z.output<typeof MeetingUpdateSchema>;

/**
 * What was changed in the portal of a meeting so far, for a zone that may not have been told: one entry for each time, with
 * what was last changed then. Told by its age, so that it can be compared with what a host did although clocks differ.
 */
export const PortalChangesSchema = z.strictObject({
  meetingId: MeetingIdSchema,
  changes: z
    .array(
      z.strictObject({
        agoMs: z.int().min(0).describe('How long ago that was when this was sent'),
        ...portalChange,
      }),
    )
    .min(1)
    .max(7),
});
export type PortalChanges = z.output<typeof PortalChangesSchema>;

export const MeetingSpecSchema: z.ZodType<MeetingSpec> = z.strictObject({
  meetingId: MeetingIdSchema,
  number: MeetingNumber,
  topic: Topic,
  settings: MeetingSettingsSchema,
});

export const TrackViewSchema: z.ZodType<TrackView> = z.strictObject({
  trackId: TrackIdSchema,
  source: MediaSourceSchema,
  muted: z.boolean(),
});

export const ParticipantViewSchema: z.ZodType<ParticipantView> = z.strictObject({
  participantId: ParticipantIdSchema,
  name: PersonName,
  role: RoleSchema,
  presence: PresenceSchema,
  joinedAtMs: EpochMs,
  handRaisedAtMs: EpochMs.nullable(),
  tracks: z.array(TrackViewSchema).max(8),
});

export const WaitingViewSchema: z.ZodType<WaitingView> = z.strictObject({
  participantId: ParticipantIdSchema,
  name: PersonName,
  sinceMs: EpochMs,
});

export const ChatLineSchema: z.ZodType<ChatLine> = z.strictObject({
  lineId: ChatLineIdSchema,
  participantId: ParticipantIdSchema,
  name: PersonName,
  text: ChatText,
  sentAtMs: EpochMs,
});

export const MeetingViewSchema: z.ZodType<MeetingView> = z.strictObject({
  meetingId: MeetingIdSchema,
  number: MeetingNumber,
  topic: Topic,
  startedAtMs: EpochMs,
  locked: z.boolean(),
  settings: MeetingSettingsSchema,
  participants: z.array(ParticipantViewSchema).max(2000),
  lobby: z.array(WaitingViewSchema).max(2000),
  chat: z.array(ChatLineSchema).max(500),
  activeSpeaker: ParticipantIdSchema.nullable(),
});

export const MeetingChangeSchema: z.ZodType<MeetingChange> = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('participant.joined'), participant: ParticipantViewSchema }),
  z.strictObject({
    kind: z.literal('participant.left'),
    participantId: ParticipantIdSchema,
    reason: LeaveReasonSchema,
  }),
  z.strictObject({
    kind: z.literal('participant.changed'),
    participantId: ParticipantIdSchema,
    name: PersonName.exactOptional(),
    role: RoleSchema.exactOptional(),
    presence: PresenceSchema.exactOptional(),
    handRaisedAtMs: EpochMs.nullable().exactOptional(),
  }),
  z.strictObject({
    kind: z.literal('track.added'),
    participantId: ParticipantIdSchema,
    track: TrackViewSchema,
  }),
  z.strictObject({
    kind: z.literal('track.changed'),
    participantId: ParticipantIdSchema,
    trackId: TrackIdSchema,
    muted: z.boolean(),
  }),
  z.strictObject({
    kind: z.literal('track.removed'),
    participantId: ParticipantIdSchema,
    trackId: TrackIdSchema,
  }),
  z.strictObject({ kind: z.literal('lobby.added'), waiting: WaitingViewSchema }),
  z.strictObject({ kind: z.literal('lobby.removed'), participantId: ParticipantIdSchema }),
  z.strictObject({ kind: z.literal('lobby.replaced'), lobby: z.array(WaitingViewSchema).max(2000) }),
  z.strictObject({ kind: z.literal('chat.added'), line: ChatLineSchema }),
  z.strictObject({ kind: z.literal('settings.changed'), settings: MeetingSettingsSchema }),
  z.strictObject({ kind: z.literal('lock.changed'), locked: z.boolean() }),
  z.strictObject({ kind: z.literal('topic.changed'), topic: Topic }),
  z.strictObject({ kind: z.literal('speaker.changed'), participantId: ParticipantIdSchema.nullable() }),
]);

const CheckpointPersonSchema: z.ZodType<CheckpointPerson> = z.strictObject({
  participantId: ParticipantIdSchema,
  subject: SubjectSchema,
  name: PersonName,
  role: RoleSchema,
  joinedAtMs: EpochMs,
  handRaisedAtMs: EpochMs.nullable(),
});

export const MeetingCheckpointSchema: z.ZodType<MeetingCheckpoint> = z.strictObject({
  spec: MeetingSpecSchema,
  rev: Rev,
  startedAtMs: EpochMs,
  locked: z.boolean(),
  people: z.array(CheckpointPersonSchema).max(2000),
  waiting: z.array(CheckpointPersonSchema).max(2000),
  admitted: z.array(ParticipantIdSchema).max(5000),
  removed: z.array(z.strictObject({ participantId: ParticipantIdSchema, subject: SubjectSchema })).max(5000),
  chat: z.array(ChatLineSchema).max(200),
  includes: z
    .array(z.strictObject({ epoch: z.int().min(1), rev: Rev }))
    .max(32)
    .optional()
    .describe('Other copies of the meeting whose facts are in this one; absent when there are none'),
  changedAtMs: SpecTimesSchema.optional().describe(
    'When the topic and each setting were last changed, by the clock of the router',
  ),
});

/** What a meeting takes along besides its checkpoint when it moves to another router while people are in it. */
export const MeetingLiveSchema: z.ZodType<MeetingLive> = z.strictObject({
  people: z
    .array(
      z.strictObject({
        participantId: ParticipantIdSchema,
        presence: PresenceSchema,
        tracks: z.array(TrackViewSchema).max(8),
      }),
    )
    .max(2000),
  refused: z.array(ParticipantIdSchema).max(5000),
  activeSpeaker: ParticipantIdSchema.nullable(),
});
