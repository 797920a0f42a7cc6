import { z } from 'zod';
import { ChatLineIdSchema, ParticipantIdSchema, TrackIdSchema } from '../ids.ts';
import {
  ConsumerParametersSchema,
  DtlsParametersSchema,
  IceParametersSchema,
  MediaObjectIdSchema,
  MediaKindSchema,
  RtpCapabilitiesSchema,
  RtpParametersSchema,
  TransportParametersSchema,
} from '../media/index.ts';
import {
  ChatText,
  EndReasonSchema,
  MediaSourceSchema,
  MeetingChangeSchema,
  MeetingSettingsSchema,
  MeetingViewSchema,
  NoRoomSchema,
  Rev,
  RoleSchema,
  Topic,
} from '../meeting.ts';
import { secret } from '../secret.ts';
import { EpochMs, PersonName } from '../text.ts';
import { Jwt } from '../tokens.ts';
import { defineContract, Empty, Hello } from './define.ts';

const SessionId = secret(z.string().regex(/^[A-Za-z0-9_-]{20,64}$/u)).describe(
  'Lets the same browser resume; made by the router',
);
const Changes = z.array(MeetingChangeSchema).max(200);

/**
 * A client that has heard nothing on its link for this long asks the router whether it lives. What a router says
 * regularly it says more often, so that a meeting in which somebody speaks costs no such questions.
 */
export const quietLinkMs = 1_500;

/** What a client needs to send and receive media; a new one with a higher epoch replaces all that came before. */
export const MediaOffer = z.strictObject({
  epoch: z.int().min(1).describe('Grows when the media worker was replaced; ids of an older epoch are dead'),
  routerRtpCapabilities: RtpCapabilitiesSchema,
  send: TransportParametersSchema,
  recv: TransportParametersSchema,
});
export type MediaOffer = z.output<typeof MediaOffer>;

const MissedChanges = z.strictObject({ rev: Rev, changes: Changes });

/** Answer to hello. `snapshot` is null when `missed` brings a resumed client up to date. */
export const HelloAnswer = z.discriminatedUnion('state', [
  z.strictObject({
    state: z.literal('joined'),
    sessionId: SessionId,
    participantId: ParticipantIdSchema,
    role: RoleSchema,
    resumed: z.boolean().describe('True: media of before goes on; false: media must be set up from `media`'),
    rev: Rev,
    snapshot: MeetingViewSchema.nullable(),
    missed: z.array(MissedChanges).max(2000),
    media: MediaOffer,
    serverTimeMs: EpochMs,
  }),
  z.strictObject({
    state: z.literal('lobby'),
    sessionId: SessionId,
    participantId: ParticipantIdSchema,
    role: RoleSchema,
    topic: Topic,
    /** host: nobody who may admit is here yet; admission: a host is, and decides. */
    waitingFor: z.enum(['host', 'admission']),
    serverTimeMs: EpochMs,
  }),
]);
export type HelloAnswer = z.output<typeof HelloAnswer>;

/** A picture the client wants to see, at the size in which it shows it. */
export const WantedTile = z.strictObject({
  participantId: ParticipantIdSchema,
  source: z.enum(['camera', 'screen']),
  widthPx: z.int().min(1).max(16_384).describe('Size of the tile in device pixels'),
  heightPx: z.int().min(1).max(16_384),
});
export type WantedTile = z.output<typeof WantedTile>;

const moderation = [
  'meeting.waiting',
  'meeting.not-allowed',
  'meeting.unknown-participant',
  'meeting.not-stored',
] as const;

/** Browser ↔ mmr: side a is the router, side b the browser. `hello` must be the first message, within 10 s. */
export const meetingContract = defineContract({
  name: 'meeting',
  version: 1,
  a: {
    requests: {
      hello: {
        input: z.strictObject({
          ...Hello,
          seat: Jwt,
          resume: z
            .strictObject({ sessionId: SessionId, rev: Rev.describe('The last revision the client has') })
            .exactOptional(),
        }),
        output: HelloAnswer,
        errors: [
          'seat.invalid',
          'seat.expired',
          'protocol.version',
          'protocol.hello-repeated',
          'meeting.not-here',
          'meeting.locked',
          'meeting.removed',
          'meeting.refused',
          'meeting.ended',
          'media.unavailable',
          'router.overloaded',
        ],
        retry: 'safe',
      },
      /** The whole view again: the cure for any doubt about it. */
      'view.get': {
        input: Empty,
        output: z.strictObject({ rev: Rev, view: MeetingViewSchema }),
        errors: ['meeting.waiting'],
        retry: 'safe',
      },

      'media.attach': {
        input: z.strictObject({ epoch: z.int().min(1), rtpCapabilities: RtpCapabilitiesSchema }),
        output: Empty,
        errors: ['meeting.waiting', 'media.unavailable'],
        retry: 'safe',
      },
      'media.connect': {
        input: z.strictObject({ transportId: MediaObjectIdSchema, dtlsParameters: DtlsParametersSchema }),
        output: Empty,
        errors: [
          'meeting.waiting',
          'media.unknown-transport',
          'media.already-connected',
          'media.invalid-parameters',
          'media.unavailable',
        ],
        retry: 'never',
      },
      'media.restartIce': {
        input: z.strictObject({ transportId: MediaObjectIdSchema }),
        output: z.strictObject({ iceParameters: IceParametersSchema }),
        errors: ['meeting.waiting', 'media.unknown-transport', 'media.unavailable'],
        retry: 'safe',
      },
      /** The client chooses the id, so a retry after a lost answer is harmless. */
      'media.produce': {
        input: z.strictObject({
          transportId: MediaObjectIdSchema,
          trackId: TrackIdSchema,
          kind: MediaKindSchema,
          source: MediaSourceSchema,
          rtpParameters: RtpParametersSchema,
          muted: z.boolean(),
        }),
        output: Empty,
        errors: [
          'meeting.waiting',
          'media.unknown-transport',
          'media.invalid-parameters',
          'media.source-taken',
          'media.limit',
          'media.screen-not-allowed',
          'media.unavailable',
        ],
        retry: 'safe',
      },
      'media.mute': {
        input: z.strictObject({ trackId: TrackIdSchema, muted: z.boolean() }),
        output: Empty,
        errors: ['meeting.waiting', 'media.unknown-producer'],
        retry: 'safe',
      },
      'media.stop': {
        input: z.strictObject({ trackId: TrackIdSchema }),
        output: Empty,
        errors: ['meeting.waiting'],
        retry: 'safe',
      },
      /** Replaces the whole list: what is not in it is not wanted any more. Audio of everybody is always wanted. */
      'media.want': {
        input: z.strictObject({ tiles: z.array(WantedTile).max(100) }),
        output: Empty,
        errors: ['meeting.waiting'],
        retry: 'safe',
      },
      'media.consumerReady': {
        input: z.strictObject({ consumerId: MediaObjectIdSchema }),
        output: Empty,
        errors: ['meeting.waiting', 'media.unknown-consumer'],
        retry: 'safe',
      },

      'chat.send': {
        input: z.strictObject({
          lineId: ChatLineIdSchema.describe('Chosen by the sender: the same line twice has one effect'),
          text: ChatText,
        }),
        output: z.strictObject({ sentAtMs: EpochMs }),
        errors: ['meeting.waiting', 'meeting.chat-off'],
        retry: 'safe',
      },
      'hand.set': {
        input: z.strictObject({ raised: z.boolean() }),
        output: Empty,
        errors: ['meeting.waiting'],
        retry: 'safe',
      },
      'name.set': {
        input: z.strictObject({ name: PersonName }),
        output: Empty,
        errors: ['meeting.waiting'],
        retry: 'safe',
      },

      'host.admit': {
        input: z.strictObject({ participantId: ParticipantIdSchema }),
        output: Empty,
        errors: moderation,
        retry: 'safe',
      },
      'host.admitAll': { input: Empty, output: Empty, errors: moderation, retry: 'safe' },
      'host.refuse': {
        input: z.strictObject({ participantId: ParticipantIdSchema }),
        output: Empty,
        errors: moderation,
        retry: 'safe',
      },
      'host.lock': {
        input: z.strictObject({ locked: z.boolean() }),
        output: Empty,
        errors: moderation,
        retry: 'safe',
      },
      'host.mute': {
        input: z.strictObject({ participantId: ParticipantIdSchema, source: MediaSourceSchema }),
        output: Empty,
        errors: moderation,
        retry: 'safe',
      },
      'host.muteAll': { input: Empty, output: Empty, errors: moderation, retry: 'safe' },
      'host.remove': {
        input: z.strictObject({ participantId: ParticipantIdSchema }),
        output: Empty,
        errors: moderation,
        retry: 'safe',
      },
      'host.setRole': {
        input: z.strictObject({
          participantId: ParticipantIdSchema,
          role: z.enum(['host', 'co-host', 'participant']),
        }),
        output: Empty,
        errors: moderation,
        retry: 'safe',
      },
      'host.setSettings': {
        input: z.strictObject({ settings: MeetingSettingsSchema }),
        output: Empty,
        errors: moderation,
        retry: 'safe',
      },
      'host.end': { input: Empty, output: Empty, errors: moderation, retry: 'safe' },
      leave: { input: Empty, output: Empty, errors: [], retry: 'safe' },
      /** On the link of before, after `meeting.moving`: everything comes from the new router, this one may let go. */
      'move.done': { input: Empty, output: Empty, errors: [], retry: 'safe' },
    },
    events: {
      /** In order, each `rev` one more than the last; a gap means ask `view.get`. `changes` may be empty for who may not see them. */
      'meeting.changed': {
        data: z.strictObject({
          rev: Rev,
          changes: Changes,
          after: Rev.exactOptional().describe(
            'The revision these changes follow, when they are several; sent to clients with the feature changes-together. Default: rev - 1',
          ),
        }),
      },
      'meeting.ended': { data: z.strictObject({ reason: EndReasonSchema }) },
      /**
       * The meeting goes on on another router: get a seat there from the zone, and set up there while this link and its
       * media go on for some seconds. Whoever does not know this event is sent away by `meeting.ended` after that.
       */
      'meeting.moving': { data: Empty },
      /** The host let you in: all that hello would have answered. */
      'lobby.admitted': {
        data: z.strictObject({ rev: Rev, snapshot: MeetingViewSchema, media: MediaOffer, role: RoleSchema }),
      },
      'lobby.refused': { data: Empty },
      'lobby.waitingFor': { data: z.strictObject({ waitingFor: z.enum(['host', 'admission']) }) },
      'you.removed': { data: Empty },
      /** The media worker was replaced: throw away transports, producers and consumers and begin with these. */
      'media.reset': { data: z.strictObject({ media: MediaOffer }) },
      'consumer.added': {
        data: z.strictObject({
          epoch: z.int().min(1),
          participantId: ParticipantIdSchema,
          source: MediaSourceSchema,
          consumer: ConsumerParametersSchema,
        }),
      },
      'consumer.removed': { data: z.strictObject({ consumerId: MediaObjectIdSchema }) },
      'consumer.paused': { data: z.strictObject({ consumerId: MediaObjectIdSchema, paused: z.boolean() }) },
      /** Which simulcast layer arrives now; null while none does. */
      'consumer.layers': {
        data: z.strictObject({
          consumerId: MediaObjectIdSchema,
          spatialLayer: z.int().min(0).max(3).nullable(),
        }),
      },
      /** The highest layer of your track that anybody watches, -1 for none: send no more than that. */
      'track.demand': {
        data: z.strictObject({ trackId: TrackIdSchema, maxSpatialLayer: z.int().min(-1).max(3) }),
      },
      /**
       * Who speaks now and how loud: at most three times a second while it changes noticeably, else a little more often
       * than every `quietLinkMs`; not numbered, a lost one does not matter.
       */
      speakers: {
        data: z.strictObject({
          speakers: z
            .array(
              z.strictObject({ participantId: ParticipantIdSchema, levelDb: z.number().min(-127).max(0) }),
            )
            .max(20),
        }),
      },
      /** To hosts and co-hosts, at most every half minute: somebody could not get in because there was no room. */
      'meeting.turnedAway': { data: z.strictObject({ why: NoRoomSchema }) },
      /** How well your own media gets through, 0 (not at all) to 10 (perfect). */
      'link.quality': {
        data: z.strictObject({ up: z.number().min(0).max(10), down: z.number().min(0).max(10) }),
      },
    },
  },
  b: { requests: {}, events: {} },
});
