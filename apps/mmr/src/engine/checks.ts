import {
  ConsumerLayersSchema,
  DtlsParametersSchema,
  MediaObjectIdSchema,
  PipedStreamSchema,
  PipeParametersSchema,
  RtpCapabilitiesSchema,
  RtpParametersSchema,
  type ConsumerLayers,
  type DtlsParameters,
  type MediaKind,
  type PipedStream,
  type PipeParameters,
  type RtpCapabilities,
  type RtpParameters,
} from '@guildhall/protocol';
import type { z } from 'zod';
import { mediaError } from './errors.ts';

/**
 * What every engine checks before it acts. The schemas bound each value; here is what they cannot say: whether the
 * values fit each other and the room. The native worker aborts on some contradictions, and mediasoup's message
 * builder stays broken for all rooms of a worker if a value makes it throw half-way, so neither may see them.
 */

const invalid = (message: string, field: string) =>
  mediaError('media.invalid-parameters', message, { field });

const checked = <T>(schema: z.ZodType<T>, value: unknown, what: string): T => {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const issue = result.error.issues[0];
  const path = issue?.path.map(String) ?? [];
  const field = [what, ...path].join('.');
  // The message of a schema, never the value: that came from a stranger and goes to logs and people.
  throw invalid(`The field ${field} is not valid: ${issue?.message ?? 'wrong value'}.`, field);
};

export const checkDtlsParameters = (value: unknown): DtlsParameters =>
  checked(DtlsParametersSchema, value, 'dtlsParameters');
export const checkLayers = (value: unknown): ConsumerLayers => checked(ConsumerLayersSchema, value, 'layers');
export const checkProducerId = (value: unknown): string => checked(MediaObjectIdSchema, value, 'producerId');
export const checkRtpCapabilities = (value: unknown): RtpCapabilities =>
  checked(RtpCapabilitiesSchema, value, 'rtpCapabilities');

export const checkPipeParameters = (value: unknown): PipeParameters =>
  checked(PipeParametersSchema, value, 'pipe');

export const samePipeParameters = (a: PipeParameters, b: PipeParameters): boolean =>
  a.ip === b.ip && a.port === b.port && a.srtp.keyBase64 === b.srtp.keyBase64;

export const checkBitrate = (bitrateBps: number): number => {
  if (Number.isSafeInteger(bitrateBps) && bitrateBps >= 0 && bitrateBps <= 4_000_000_000) return bitrateBps;
  throw invalid('The bitrate must be an integer from 0 to 4000000000 bit/s.', 'bitrateBps');
};

export const checkPriority = (priority: number): number => {
  if (Number.isInteger(priority) && priority >= 1 && priority <= 255) return priority;
  throw invalid('The priority must be an integer from 1 to 255.', 'priority');
};

/** True when both sides would set up the same connection. Only the first fingerprint is ever compared by the engine. */
export const sameDtlsParameters = (a: DtlsParameters, b: DtlsParameters): boolean =>
  (a.role ?? 'auto') === (b.role ?? 'auto') &&
  a.fingerprints[0]?.algorithm === b.fingerprints[0]?.algorithm &&
  a.fingerprints[0]?.value === b.fingerprints[0]?.value;

interface Codec {
  readonly mimeType: string;
  readonly clockRate: number;
  readonly channels?: number;
  readonly parameters?: Readonly<Record<string, string | number>>;
}

export const isRtx = (codec: { readonly mimeType: string }): boolean => /\/rtx$/iu.test(codec.mimeType);

/** Profile of an H.264 profile-level-id: its first two bytes, where 42c0 and 42e0 both mean constrained baseline. */
const h264Profile = (codec: Codec): string => {
  const text = String(codec.parameters?.['profile-level-id'] ?? '42e01f').toLowerCase();
  const profile = text.slice(0, 4);
  return profile === '42c0' ? '42e0' : profile;
};

/** Whether two descriptions mean the same codec: name, clock, channels, and what H.264 needs beyond (RFC 6184 §8.2.2). */
export const sameCodec = (a: Codec, b: Codec): boolean => {
  const name = a.mimeType.toLowerCase();
  if (name !== b.mimeType.toLowerCase() || a.clockRate !== b.clockRate) return false;
  if (name.startsWith('audio/') && (a.channels ?? 1) !== (b.channels ?? 1)) return false;
  if (name !== 'video/h264') return true;
  const mode = (codec: Codec) => codec.parameters?.['packetization-mode'] ?? 0;
  return mode(a) === mode(b) && h264Profile(a) === h264Profile(b);
};

const duplicate = (values: readonly unknown[]): boolean => new Set(values).size !== values.length;

/** Every SSRC a stream uses, those of its retransmissions too. */
export const ssrcsOf = ({ encodings }: RtpParameters): number[] =>
  encodings.flatMap(({ ssrc, rtx }) => [ssrc, rtx?.ssrc]).filter((ssrc) => ssrc !== undefined);

const checkCodecs = (parameters: RtpParameters, kind: MediaKind, room: RtpCapabilities): void => {
  const { codecs } = parameters;
  const field = 'rtpParameters.codecs';
  if (duplicate(codecs.map((codec) => codec.payloadType)))
    throw invalid('Payload types must be unique.', field);
  const first = codecs[0];
  if (first === undefined || isRtx(first))
    throw invalid('The first codec must be the one that is sent.', field);
  for (const codec of codecs) {
    if (!codec.mimeType.toLowerCase().startsWith(`${kind}/`))
      throw invalid(`A stream of kind ${kind} cannot use ${codec.mimeType}.`, field);
    if (isRtx(codec)) {
      const apt = codec.parameters?.['apt'];
      const target = codecs.find((other) => other.payloadType === apt);
      if (target === undefined || isRtx(target))
        throw invalid('A retransmission codec must name the payload type it repeats.', field);
      // Its clock is that of the codec it repeats (RFC 4588 §8.1).
      if (target.clockRate !== codec.clockRate)
        throw invalid('A retransmission codec must have the clock rate of its codec.', field);
    } else if (!room.codecs.some((offered) => offered.kind === kind && sameCodec(offered, codec)))
      throw invalid(`${codec.mimeType} is not among the codecs of this meeting.`, field);
  }
};

const checkEncodings = (parameters: RtpParameters, kind: MediaKind): void => {
  const { encodings } = parameters;
  const field = 'rtpParameters.encodings';
  const hasRtx = parameters.codecs.some(isRtx);
  if (kind === 'audio' && encodings.length > 1) throw invalid('Audio has one encoding.', field);

  if (duplicate(ssrcsOf(parameters))) throw invalid('SSRCs must be unique.', field);
  const rids = encodings.map(({ rid }) => rid).filter((rid) => rid !== undefined);
  if (duplicate(rids)) throw invalid('RIDs must be unique.', field);
  if (rids.length > 0 && rids.length !== encodings.length)
    throw invalid('Either every encoding has a RID or none has.', field);
  if (rids.length > 0 && parameters.mid === undefined)
    throw invalid('Encodings with a RID need a media id (mid).', 'rtpParameters.mid');

  for (const encoding of encodings) {
    if (encoding.ssrc === undefined && encoding.rid === undefined)
      throw invalid('Every encoding needs an SSRC or a RID.', field);
    if (
      encoding.codecPayloadType !== undefined &&
      encoding.codecPayloadType !== parameters.codecs[0]?.payloadType
    )
      throw invalid('All encodings must use the first codec.', field);
    if (encoding.rtx !== undefined && !hasRtx)
      throw invalid('An encoding names a retransmission SSRC but no retransmission codec is there.', field);
    if (kind === 'audio' && encoding.scalabilityMode !== undefined)
      throw invalid('Audio has no scalability mode.', field);
    // None of the offered codecs has several spatial layers in one stream; a receiver would wait for them for ever.
    if (layersOfMode(encoding.scalabilityMode).spatial > 1)
      throw invalid('Spatial layers are sent as simulcast here: one encoding for each.', field);
  }
};

const checkHeaderExtensions = (parameters: RtpParameters): void => {
  const extensions = parameters.headerExtensions ?? [];
  const field = 'rtpParameters.headerExtensions';
  if (duplicate(extensions.map(({ id }) => id))) throw invalid('Header extension ids must be unique.', field);
  if (duplicate(extensions.map(({ uri }) => uri))) throw invalid('A header extension is named twice.', field);
};

/** @throws media.invalid-parameters */
export const checkRtpParameters = (value: unknown, kind: MediaKind, room: RtpCapabilities): RtpParameters => {
  const parameters = checked(RtpParametersSchema, value, 'rtpParameters');
  if (kind !== 'audio' && kind !== 'video') throw invalid('The kind must be audio or video.', 'kind');
  checkCodecs(parameters, kind, room);
  checkEncodings(parameters, kind);
  checkHeaderExtensions(parameters);
  return parameters;
};

/** @throws media.invalid-parameters */
export const checkPipedStream = (value: unknown, room: RtpCapabilities): PipedStream => {
  const stream = checked(PipedStreamSchema, value, 'stream');
  const isAudio = stream.source === 'mic' || stream.source === 'screen-audio';
  if (isAudio !== (stream.kind === 'audio'))
    throw invalid(`${stream.source} is not ${stream.kind}.`, 'stream.kind');
  // A pipe knows its streams by SSRC alone: there is no media id to resolve an RID with.
  const { encodings, mid } = stream.rtpParameters;
  if (mid !== undefined || encodings.some(({ ssrc, rid }) => ssrc === undefined || rid !== undefined))
    throw invalid('Streams on a pipe are named by SSRC.', 'stream.rtpParameters');
  return { ...stream, rtpParameters: checkRtpParameters(stream.rtpParameters, stream.kind, room) };
};

export interface LayerCount {
  readonly spatial: number;
  readonly temporal: number;
}

/** Layers of one encoding by its scalability mode (W3C webrtc-svc): L1T1 when absent. */
export const layersOfMode = (mode: string | undefined): LayerCount => {
  const match = /^[LS]([1-9])T([1-9])/u.exec(mode ?? '');
  return { spatial: Number(match?.[1] ?? 1), temporal: Number(match?.[2] ?? 1) };
};

/** Layers of a whole stream: an encoding is a spatial layer, and all are taken to have the temporal layers of the first that says so. */
export const layersOf = ({ encodings }: RtpParameters): LayerCount => {
  const mode = encodings.find(({ scalabilityMode }) => scalabilityMode !== undefined)?.scalabilityMode;
  return { spatial: encodings.length, temporal: layersOfMode(mode).temporal };
};

/** The layers asked for, no higher than there are. */
export const clampLayers = (layers: ConsumerLayers, count: LayerCount): ConsumerLayers => ({
  spatial: Math.min(layers.spatial, count.spatial - 1),
  temporal: Math.min(layers.temporal, count.temporal - 1),
});
