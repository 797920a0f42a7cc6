import { z } from 'zod';

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
const maxCompactDepth = 8;

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null;

/** Depth-bounded, so that a deeply nested message costs nothing; what is deeper is refused by the schema anyway. */
const withoutUndefined = (value: unknown, depth = 0): unknown => {
  if (depth > maxCompactDepth || !isRecord(value)) return value;
  if (Array.isArray(value)) return value.map((item: unknown) => withoutUndefined(item, depth + 1));
  // Entries, not assignment: a key named __proto__ must stay data.
  return Object.fromEntries(
    Object.entries(value)
      .filter(([, item]) => item !== undefined)
      .map(([key, item]) => [key, withoutUndefined(item, depth + 1)]),
  );
};

/** mediasoup-client leaves keys with `undefined` in what it hands out; JSON would drop them, so an in-memory link must too. */
const asJson = <T extends z.ZodType>(schema: T): z.ZodPreprocess<T> =>
  z.preprocess((value: unknown) => withoutUndefined(value), schema);

/** Id of a transport, producer or consumer, made by a router. */
export const MediaObjectIdSchema = z
  .string()
  .regex(/^[A-Za-z0-9_-]{1,64}$/u, 'must be 1 to 64 letters, digits, - or _')
  .describe('Id of a transport, producer or consumer, made by the router');

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

const fingerprint = <A extends string>(algorithm: A, bytes: number) =>
  z.object({
    algorithm: z.literal(algorithm),
    value: z
      .string()
      .regex(
        new RegExp(`^[0-9A-Fa-f]{2}(?::[0-9A-Fa-f]{2}){${bytes - 1}}$`, 'u'),
        `must be ${bytes} bytes as hex pairs with colons`,
      )
      // The engine compares text and writes upper case itself.
      .toUpperCase(),
  });

/** RFC 8122 §5 without MD5, SHA-1 and SHA-224: a certificate must not be forgeable. Only the first one is checked. */
export const DtlsFingerprintSchema = z.discriminatedUnion('algorithm', [
  fingerprint('sha-256', 32),
  fingerprint('sha-384', 48),
  fingerprint('sha-512', 64),
]);

export const DtlsParametersSchema = asJson(
  z.object({
    role: z
      .enum(['auto', 'client', 'server'])
      .exactOptional()
      .describe('DTLS role of the sender; absent means auto'),
    fingerprints: z.array(DtlsFingerprintSchema).min(1).max(4),
  }),
).describe('DTLS role and certificate fingerprints; sent by both sides');
export type DtlsParameters = z.infer<typeof DtlsParametersSchema>;

const iceText = (min: number): z.ZodString =>
  z.string().regex(new RegExp(`^[A-Za-z0-9+/]{${min},256}$`, 'u'), `must be ${min} to 256 ICE characters`);

export const IceParametersSchema = asJson(
  z.object({
    usernameFragment: iceText(4),
    password: iceText(22).describe('ICE password; lets its holder send to the transport, nothing else'),
    iceLite: z.boolean().exactOptional(),
  }),
).describe('ICE credentials (RFC 8445 §5.3); sent by the router');
export type IceParameters = z.infer<typeof IceParametersSchema>;

const HostAddress = z
  .string()
  .regex(/^[A-Za-z0-9.:_-]{1,253}$/u)
  .describe('IPv4 or IPv6 address or host name');

export const IceCandidateSchema = asJson(
  z.object({
    foundation: z.string().regex(/^[A-Za-z0-9+/]{1,32}$/u),
    priority: z.int().min(0).max(uint32Max),
    address: HostAddress,
    ip: HostAddress.describe('The same as address, under the name older clients read'),
    protocol: z.enum(['udp', 'tcp']),
    port: z.int().min(1).max(65_535),
    type: z.literal('host'),
    tcpType: z.literal('passive').exactOptional(),
  }),
).describe('Where a router can be reached for media; sent by the router');
export type IceCandidate = z.infer<typeof IceCandidateSchema>;

export const TransportParametersSchema = z
  .object({
    transportId: MediaObjectIdSchema,
    iceParameters: IceParametersSchema,
    iceCandidates: z.array(IceCandidateSchema).max(32),
    dtlsParameters: DtlsParametersSchema,
  })
  .describe('All a browser needs to open one transport; sent by the router');
export type TransportParameters = z.infer<typeof TransportParametersSchema>;

export const ConsumerTypeSchema = z.enum(['simple', 'simulcast', 'svc']);
export type ConsumerType = z.infer<typeof ConsumerTypeSchema>;

export const ConsumerParametersSchema = z
  .object({
    consumerId: MediaObjectIdSchema,
    producerId: MediaObjectIdSchema,
    kind: MediaKindSchema,
    type: ConsumerTypeSchema.describe('simple: one stream; simulcast or svc: layers can be chosen'),
    rtpParameters: RtpParametersSchema,
    paused: z.boolean().describe('True while the router does not send it'),
  })
  .describe('All a browser needs to receive one stream; sent by the router');
export type ConsumerParameters = z.infer<typeof ConsumerParametersSchema>;

export const ConsumerLayersSchema = z
  .object({
    spatial: z.int().min(0).max(3).describe('0 is the lowest resolution'),
    temporal: z.int().min(0).max(3).describe('0 is the lowest frame rate'),
  })
  .describe('Layers of a simulcast or SVC stream');
export type ConsumerLayers = z.infer<typeof ConsumerLayersSchema>;

/** A codec the routers offer. Units as in the schemas above. */
export interface ProfileCodec {
  readonly kind: MediaKind;
  readonly mimeType: string;
  readonly clockRate: number;
  readonly channels?: number;
  readonly parameters: Readonly<Record<string, string | number>>;
}

export interface ProfileEncoding {
  /** The picture is sent at 1/n of its width and height. */
  readonly scaleResolutionDownBy: number;
  readonly maxBitrateBps: number;
  readonly scalabilityMode: string;
}

export interface ProfileVideo {
  readonly idealWidthPx: number;
  readonly idealHeightPx: number;
  readonly maxFramerateFps: number;
  /** What the encoder keeps when bitrate is short (W3C mst-content-hint). */
  readonly contentHint: 'motion' | 'detail';
  /** Bitrate the encoder starts with, before the network is known. */
  readonly startBitrateBps: number;
  /** Lowest resolution first: the index is the spatial layer. */
  readonly encodings: readonly ProfileEncoding[];
}

/**
 * How people send here: the same for every browser and bot, read by routers and clients.
 * - VP8 first: every browser has it, and its simulcast is the cheapest to encode in software. H.264 baseline is for
 *   devices that encode only that in hardware. VP9 and AV1 are left out: not everybody in a meeting could decode them,
 *   and a person who sees black is worse than a few bits saved.
 * - The screen is one stream: text scaled down cannot be read, and Chromium does not scale a VP8 screen reliably.
 *   Its temporal layers still let the router thin it out.
 */
export const mediaProfile = {
  codecs: [
    {
      kind: 'audio',
      mimeType: 'audio/opus',
      clockRate: 48_000,
      channels: 2,
      parameters: { useinbandfec: 1, usedtx: 1 },
    },
    { kind: 'video', mimeType: 'video/VP8', clockRate: 90_000, parameters: {} },
    {
      kind: 'video',
      mimeType: 'video/H264',
      clockRate: 90_000,
      parameters: { 'packetization-mode': 1, 'profile-level-id': '42e01f', 'level-asymmetry-allowed': 1 },
    },
  ] satisfies readonly ProfileCodec[] as readonly ProfileCodec[],
  audio: { opusDtx: true, opusFec: true, opusStereo: false, maxAverageBitrateBps: 40_000 },
  camera: {
    idealWidthPx: 1280,
    idealHeightPx: 720,
    maxFramerateFps: 30,
    contentHint: 'motion',
    startBitrateBps: 1_000_000,
    encodings: [
      { scaleResolutionDownBy: 4, maxBitrateBps: 150_000, scalabilityMode: 'L1T3' },
      { scaleResolutionDownBy: 2, maxBitrateBps: 500_000, scalabilityMode: 'L1T3' },
      { scaleResolutionDownBy: 1, maxBitrateBps: 1_700_000, scalabilityMode: 'L1T3' },
    ],
  } satisfies ProfileVideo as ProfileVideo,
  screen: {
    idealWidthPx: 1920,
    idealHeightPx: 1080,
    maxFramerateFps: 15,
    contentHint: 'detail',
    startBitrateBps: 1_500_000,
    encodings: [{ scaleResolutionDownBy: 1, maxBitrateBps: 3_000_000, scalabilityMode: 'L1T3' }],
  } satisfies ProfileVideo as ProfileVideo,
} as const;
