import type { RtpCapabilities } from '@guildhall/protocol';

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
