import type { RtpCapabilities, RtpParameters } from '@guildhall/protocol';
import type { ExtensionIds, SentEncoding } from '../engine/messages.ts';

type Kind = 'audio' | 'video';

const extensionNames = {
  'urn:ietf:params:rtp-hdrext:sdes:mid': 'mid',
  'urn:ietf:params:rtp-hdrext:sdes:rtp-stream-id': 'rid',
  'urn:ietf:params:rtp-hdrext:sdes:repaired-rtp-stream-id': 'repairedRid',
  'http://www.webrtc.org/experiments/rtp-hdrext/abs-send-time': 'absSendTime',
  'http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01': 'transportCc',
  'urn:ietf:params:rtp-hdrext:ssrc-audio-level': 'level',
} as const satisfies Record<string, keyof ExtensionIds>;

const nameOf = (uri: string): keyof ExtensionIds | undefined =>
  Object.entries(extensionNames).find(([known]) => known === uri)?.[1];

const mimeTypes = { audio: 'audio/opus', video: 'video/vp8' } as const;

type Codec = RtpCapabilities['codecs'][number];

/** The codec of bots and, for video, its retransmissions. @throws Error when the router has it not */
const codecsOf = (offered: RtpCapabilities, kind: Kind): readonly Codec[] => {
  const main = offered.codecs.find(({ mimeType }) => mimeType.toLowerCase() === mimeTypes[kind]);
  if (!main) throw new Error(`The router does not offer ${mimeTypes[kind]}.`);
  const rtx = offered.codecs.find(({ parameters }) => parameters?.['apt'] === main.preferredPayloadType);
  return rtx ? [main, rtx] : [main];
};

/** What bots can receive of what a router offers: Opus and VP8, and the header extensions they read or write. */
export const receivable = (offered: RtpCapabilities): RtpCapabilities => ({
  codecs: [...codecsOf(offered, 'audio'), ...codecsOf(offered, 'video')],
  headerExtensions: offered.headerExtensions.filter(({ uri }) => nameOf(uri) !== undefined),
});

/** Ids by our names for them. */
export const extensionIds = (extensions: RtpParameters['headerExtensions'] = []): ExtensionIds =>
  Object.fromEntries(
    extensions.flatMap(({ uri, id }) => {
      const name = nameOf(uri);
      // One-byte header extensions (RFC 8285 §4.2) are all the engine writes.
      return name && id < 15 ? [[name, id] as const] : [];
    }),
  );

export interface SendPlan {
  readonly kind: Kind;
  readonly mid: string;
  readonly cname: string;
  readonly encodings: readonly SentEncoding[];
}

/** What is said about a stream to the router, as a browser would: simulcast by RID, a single stream by SSRC. */
export const sendParameters = (
  offered: RtpCapabilities,
  { kind, mid, cname, encodings }: SendPlan,
): RtpParameters => ({
  mid,
  codecs: codecsOf(offered, kind).map(
    ({ kind: _kind, preferredPayloadType: payloadType, rtcpFeedback = [], ...codec }) => ({
      ...codec,
      payloadType,
      rtcpFeedback,
    }),
  ),
  headerExtensions: offered.headerExtensions
    .filter((one) => one.kind === kind && nameOf(one.uri) !== undefined)
    .map(({ uri, preferredId: id }) => ({ uri, id })),
  encodings: encodings.map(({ ssrc, rtx, rid, bitrate }) => ({
    ...(rid === undefined ? { ssrc, ...(rtx === undefined ? {} : { rtx: { ssrc: rtx } }) } : { rid }),
    ...(kind === 'audio' ? { dtx: true } : { scalabilityMode: 'L1T3', maxBitrate: bitrate ?? 0 }),
  })),
  rtcp: { cname, reducedSize: true },
});
