import type { RtpCapabilities, RtpParameters } from '@guildhall/protocol';

type HeaderExtension = RtpCapabilities['headerExtensions'][number];

const wanted = new Set<string>([
  'urn:ietf:params:rtp-hdrext:sdes:mid',
  'urn:ietf:params:rtp-hdrext:sdes:rtp-stream-id',
  'urn:ietf:params:rtp-hdrext:sdes:repaired-rtp-stream-id',
  'http://www.webrtc.org/experiments/rtp-hdrext/abs-send-time',
  'http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01',
  'urn:ietf:params:rtp-hdrext:ssrc-audio-level',
  'urn:3gpp:video-orientation',
  'http://www.webrtc.org/experiments/rtp-hdrext/abs-capture-time',
  'http://www.webrtc.org/experiments/rtp-hdrext/playout-delay',
] satisfies HeaderExtension['uri'][]);

/**
 * Whether browsers are offered this header extension. Left out of what the engine knows: the dependency descriptor
 * (AV1 and SVC only), toffset (unknown to clients), packet-id (between routers only). Each one costs bytes in every packet.
 */
export const isOfferedExtension = ({ uri }: { readonly uri: string }): boolean => wanted.has(uri);

const audioLevelUri = 'urn:ietf:params:rtp-hdrext:ssrc-audio-level' satisfies HeaderExtension['uri'];

/** How a stream describes itself whose packets the router writes: Opus and its level, in the room's own numbers. */
export const slotParameters = (room: RtpCapabilities, id: string, ssrc: number): RtpParameters => {
  const opus = room.codecs.find(({ mimeType }) => mimeType.toLowerCase() === 'audio/opus');
  if (opus === undefined) throw new Error('A room without Opus has no slots.');
  const { mimeType, preferredPayloadType: payloadType, clockRate, channels = 2, parameters = {} } = opus;
  return {
    codecs: [{ mimeType, payloadType, clockRate, channels, parameters, rtcpFeedback: [] }],
    headerExtensions: room.headerExtensions
      .filter(({ kind, uri }) => kind === 'audio' && uri === audioLevelUri)
      .map(({ uri, preferredId }) => ({ uri, id: preferredId, encrypt: false })),
    encodings: [{ ssrc, dtx: true }],
    // A name of its own: receivers synchronise the streams of one name with each other.
    rtcp: { cname: id, reducedSize: true },
  };
};

export const audioLevelIdOf = ({ headerExtensions = [] }: RtpParameters): number | undefined =>
  headerExtensions.find(({ uri }) => uri === audioLevelUri)?.id;
