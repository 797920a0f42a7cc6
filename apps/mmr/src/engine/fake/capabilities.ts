import { mediaProfile, type RtpCapabilities } from '@guildhall/protocol';
import { isOfferedExtension } from '../capabilities.ts';

type Codec = RtpCapabilities['codecs'][number];
type HeaderExtension = RtpCapabilities['headerExtensions'][number];

// The order in which mediasoup hands out payload types. A contract test compares the results.
const firstPayloadType = 100;

const feedback = {
  audio: [
    { type: 'nack', parameter: '' },
    { type: 'transport-cc', parameter: '' },
  ],
  video: [
    { type: 'nack', parameter: '' },
    { type: 'nack', parameter: 'pli' },
    { type: 'ccm', parameter: 'fir' },
    { type: 'goog-remb', parameter: '' },
    { type: 'transport-cc', parameter: '' },
  ],
};

const codecs = (): Codec[] => {
  let next = firstPayloadType;
  return mediaProfile.codecs.flatMap((codec): Codec[] => {
    const { kind, mimeType, clockRate, channels, parameters } = codec;
    const media: Codec = {
      kind,
      mimeType,
      preferredPayloadType: next++,
      clockRate,
      ...(channels !== undefined && { channels }),
      parameters: { ...parameters },
      rtcpFeedback: feedback[kind].map((entry) => ({ ...entry })),
    };
    if (kind === 'audio') return [media];
    const repeat = { apt: media.preferredPayloadType };
    return [
      media,
      {
        kind,
        mimeType: 'video/rtx',
        preferredPayloadType: next++,
        clockRate,
        parameters: repeat,
        rtcpFeedback: [],
      },
    ];
  });
};

const extension = (
  kind: HeaderExtension['kind'],
  preferredId: number,
  uri: HeaderExtension['uri'],
  direction: HeaderExtension['direction'] & string = 'sendrecv',
): HeaderExtension => ({ kind, uri, preferredId, preferredEncrypt: false, direction });

const transportCc = 'http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01';
const absSendTime = 'http://www.webrtc.org/experiments/rtp-hdrext/abs-send-time';
const absCaptureTime = 'http://www.webrtc.org/experiments/rtp-hdrext/abs-capture-time';
const playoutDelay = 'http://www.webrtc.org/experiments/rtp-hdrext/playout-delay';

const headerExtensions = (): HeaderExtension[] =>
  [
    extension('audio', 1, 'urn:ietf:params:rtp-hdrext:sdes:mid'),
    extension('video', 1, 'urn:ietf:params:rtp-hdrext:sdes:mid'),
    extension('video', 2, 'urn:ietf:params:rtp-hdrext:sdes:rtp-stream-id', 'recvonly'),
    extension('video', 3, 'urn:ietf:params:rtp-hdrext:sdes:repaired-rtp-stream-id', 'recvonly'),
    extension('audio', 4, absSendTime),
    extension('video', 4, absSendTime),
    extension('audio', 5, transportCc, 'recvonly'),
    extension('video', 5, transportCc),
    extension('audio', 6, 'urn:ietf:params:rtp-hdrext:ssrc-audio-level'),
    extension('video', 8, 'urn:3gpp:video-orientation'),
    extension('audio', 10, absCaptureTime),
    extension('video', 10, absCaptureTime),
    extension('audio', 11, playoutDelay),
    extension('video', 11, playoutDelay),
  ].filter(isOfferedExtension);

/** What a room of the fake offers: the same as one of mediasoup. */
export const fakeCapabilities = (): RtpCapabilities => ({
  codecs: codecs(),
  headerExtensions: headerExtensions(),
});
