import { z } from 'zod';
import { asJson } from './as-json.ts';

/**
 * What crosses the wire to set up media between a browser and a router (WebRTC; the shapes are those of ORTC as
 * mediasoup and mediasoup-client use them). Every number has a range and every list an upper bound: behind these
 * schemas stands a native process, and a value it does not expect must be refused here and not there.
 * Keys that are not named are dropped. A key whose value is `undefined` counts as absent, as it would in JSON.
 */

export const MediaKindSchema = z.enum(['audio', 'video']).describe('Kind of a stream; sent by both sides');
export type MediaKind = z.infer<typeof MediaKindSchema>;

const uint32Max = 4_294_967_295;
const int32Max = 2_147_483_647;

// RFC 5761 §4: 64..95 would be taken for RTCP once RTP and RTCP share a port, as they always do here.
const PayloadType = z
  .int()
  .min(0)
  .max(127)
  .refine((value) => value < 64 || value > 95, 'payload types 64 to 95 are reserved for RTCP')
  .describe('RTP payload type: 0..63 or 96..127');
const Ssrc = z.int().min(1).max(uint32Max).describe('RTP synchronisation source, 1..2^32-1');
const MimeType = z
  .string()
  .regex(/^(?:audio|video)\/[A-Za-z0-9][A-Za-z0-9.-]{0,31}$/u, 'must be audio/... or video/...')
  .describe('Media type of a codec, such as video/VP8');
const ClockRateHz = z.int().min(8_000).max(96_000).describe('RTP clock of the codec, in hertz');
const Channels = z.int().min(1).max(8).describe('Audio channels; absent means 1');

/** Codec parameters as in SDP fmtp lines. A leading letter is required, which also keeps `__proto__` out. */
const FmtpParameters = z
  .record(
    z.string().regex(/^[A-Za-z][A-Za-z0-9._-]{0,63}$/u, 'must be a codec parameter name'),
    z.union([
      z.string().regex(/^[\x20-\x7e]{0,256}$/u, 'must be printable ASCII, at most 256 characters'),
      z.number().min(-int32Max).max(int32Max),
    ]),
  )
  .refine((record) => Object.keys(record).length <= 32, 'at most 32 parameters')
  .refine(
    ({ apt }) => apt === undefined || (typeof apt === 'number' && PayloadType.safeParse(apt).success),
    'apt must be a payload type (RFC 4588)',
  )
  .describe('Codec parameters as in an SDP fmtp line, at most 32');

const RtcpFeedback = z.object({
  type: z
    .string()
    .regex(/^[A-Za-z0-9-]{1,32}$/u)
    .describe('Feedback type, such as nack'),
  parameter: z
    .string()
    .regex(/^[A-Za-z0-9-]{0,32}$/u)
    .exactOptional()
    .describe('Feedback parameter, such as pli'),
});
const RtcpFeedbackList = z.array(RtcpFeedback).max(16);

/** The header extensions both mediasoup and mediasoup-client know. Any other is refused: the engine could not name it. */
export const headerExtensionUris = [
  'urn:ietf:params:rtp-hdrext:sdes:mid',
  'urn:ietf:params:rtp-hdrext:sdes:rtp-stream-id',
  'urn:ietf:params:rtp-hdrext:sdes:repaired-rtp-stream-id',
  'http://www.webrtc.org/experiments/rtp-hdrext/abs-send-time',
  'http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01',
  'urn:ietf:params:rtp-hdrext:ssrc-audio-level',
  'https://aomediacodec.github.io/av1-rtp-spec/#dependency-descriptor-rtp-header-extension',
  'urn:3gpp:video-orientation',
  'http://www.webrtc.org/experiments/rtp-hdrext/abs-capture-time',
  'http://www.webrtc.org/experiments/rtp-hdrext/playout-delay',
  'urn:mediasoup:params:rtp-hdrext:packet-id',
] as const;
const HeaderExtensionUri = z.enum(headerExtensionUris).describe('URI of an RTP header extension (RFC 8285)');
// 15 means "stop" in one-byte headers and browsers use ids up to 14 there, 255 in two-byte ones.
const HeaderExtensionId = z.int().min(1).max(255).describe('Id of the extension in the packets');

const CodecCapability = z.object({
  kind: MediaKindSchema,
  mimeType: MimeType,
  preferredPayloadType: PayloadType,
  clockRate: ClockRateHz,
  channels: Channels.exactOptional(),
  parameters: FmtpParameters.exactOptional(),
  rtcpFeedback: RtcpFeedbackList.exactOptional(),
});

const HeaderExtensionCapability = z.object({
  kind: MediaKindSchema,
  uri: HeaderExtensionUri,
  preferredId: HeaderExtensionId,
  preferredEncrypt: z.boolean().exactOptional(),
  direction: z.enum(['sendrecv', 'sendonly', 'recvonly', 'inactive']).exactOptional(),
});

export const RtpCapabilitiesSchema = asJson(
  z.object({
    codecs: z.array(CodecCapability).max(64).describe('Codecs, in order of preference'),
    headerExtensions: z.array(HeaderExtensionCapability).max(64),
  }),
).describe(
  'What an endpoint can receive; the router sends its own, the browser answers with what it has of them',
);
export type RtpCapabilities = z.infer<typeof RtpCapabilitiesSchema>;

const CodecParameters = z.object({
  mimeType: MimeType,
  payloadType: PayloadType,
  clockRate: ClockRateHz,
  channels: Channels.exactOptional(),
  parameters: FmtpParameters.exactOptional(),
  rtcpFeedback: RtcpFeedbackList.exactOptional(),
});

const Rid = z
  .string()
  .regex(/^[A-Za-z0-9_-]{1,16}$/u, 'must be a RID')
  .describe('RTP stream id (RFC 8852)');

const EncodingParameters = z.object({
  ssrc: Ssrc.exactOptional(),
  rid: Rid.exactOptional(),
  codecPayloadType: PayloadType.exactOptional(),
  rtx: z.object({ ssrc: Ssrc }).exactOptional(),
  dtx: z.boolean().exactOptional().describe('True when the sender pauses in silence'),
  scalabilityMode: z
    .string()
    .regex(/^[LS][1-3]T[1-3](?:h|_KEY|_KEY_SHIFT)?$/u, 'must be a scalability mode such as L1T3')
    .exactOptional()
    .describe('Spatial and temporal layers (W3C webrtc-svc)'),
  maxBitrate: z
    .int()
    .min(0)
    .max(100_000_000)
    .exactOptional()
    .describe('Highest bitrate of this stream, bit/s'),
});
export type RtpEncodingParameters = z.infer<typeof EncodingParameters>;

const HeaderExtensionParameters = z.object({
  uri: HeaderExtensionUri,
  id: HeaderExtensionId,
  encrypt: z.boolean().exactOptional(),
});

// RFC 7022 names; Firefox puts braces around a UUID, Chromium uses base64 letters. Nothing a shell or a log could act on.
const Cname = z
  .string()
  .regex(/^[A-Za-z0-9+/=._{}@-]{1,128}$/u, 'must be 1 to 128 letters, digits or + / = . _ { } @ -')
  .describe('RTCP canonical name');

export const RtpParametersSchema = asJson(
  z.object({
    mid: z
      .string()
      .regex(/^[A-Za-z0-9._-]{1,16}$/u, 'must be a media id')
      .exactOptional()
      .describe('Media id of the m-section (RFC 9143)'),
    codecs: z.array(CodecParameters).min(1).max(16).describe('Codecs in use; the first is the one sent'),
    headerExtensions: z.array(HeaderExtensionParameters).max(16).exactOptional(),
    encodings: z.array(EncodingParameters).min(1).max(4).describe('Streams, lowest resolution first'),
    rtcp: z
      .object({ cname: Cname.exactOptional(), reducedSize: z.boolean().exactOptional() })
      .exactOptional(),
    msid: z
      .string()
      .regex(/^[A-Za-z0-9+/=._{}-]{1,64}(?: [A-Za-z0-9+/=._{}-]{1,64})?$/u, 'must be a media stream id')
      .exactOptional()
      .describe('Stream and track id (RFC 8830)'),
  }),
).describe(
  'One stream or simulcast group: from the browser for what it sends, from the router for what it receives',
);
export type RtpParameters = z.infer<typeof RtpParametersSchema>;
