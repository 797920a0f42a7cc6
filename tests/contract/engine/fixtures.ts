import type { DtlsParameters, RtpCapabilities, RtpParameters } from '@guildhall/protocol';
import type { Engine, Room, Transport } from '../../../apps/mmr/src/engine/port.ts';

// What Chromium sends, as mediasoup-client hands it out, without what does not cross the wire.

const videoFeedback = () => [
  { type: 'goog-remb', parameter: '' },
  { type: 'transport-cc', parameter: '' },
  { type: 'ccm', parameter: 'fir' },
  { type: 'nack', parameter: '' },
  { type: 'nack', parameter: 'pli' },
];

/** A number of its own for each stream: SSRCs and media ids must not meet on one transport. */
let streams = 0;

export const microphone = (): RtpParameters => {
  streams += 1;
  return {
    mid: String(streams),
    codecs: [
      {
        mimeType: 'audio/opus',
        payloadType: 111,
        clockRate: 48_000,
        channels: 2,
        parameters: { minptime: 10, useinbandfec: 1, usedtx: 1 },
        rtcpFeedback: [{ type: 'transport-cc', parameter: '' }],
      },
    ],
    headerExtensions: [
      { uri: 'urn:ietf:params:rtp-hdrext:sdes:mid', id: 4, encrypt: false },
      { uri: 'urn:ietf:params:rtp-hdrext:ssrc-audio-level', id: 1, encrypt: false },
    ],
    encodings: [{ ssrc: 1_000_000 + streams * 100, dtx: true }],
    rtcp: { cname: 'oB+/c1Fv7g', reducedSize: true },
    msid: '7d0c-11 a1b2-77',
  };
};

export const camera = (layers = 3): RtpParameters => {
  streams += 1;
  const base = 1_000_000 + streams * 100;
  return {
    mid: String(streams),
    codecs: [
      {
        mimeType: 'video/VP8',
        payloadType: 96,
        clockRate: 90_000,
        parameters: {},
        rtcpFeedback: videoFeedback(),
      },
      {
        mimeType: 'video/rtx',
        payloadType: 97,
        clockRate: 90_000,
        parameters: { apt: 96 },
        rtcpFeedback: [],
      },
    ],
    headerExtensions: [
      { uri: 'urn:ietf:params:rtp-hdrext:sdes:mid', id: 4, encrypt: false },
      { uri: 'urn:ietf:params:rtp-hdrext:sdes:rtp-stream-id', id: 10, encrypt: false },
      { uri: 'http://www.webrtc.org/experiments/rtp-hdrext/abs-send-time', id: 2, encrypt: false },
    ],
    encodings: Array.from({ length: layers }, (_, index) => ({
      ssrc: base + 2 * index,
      rid: `r${index}`,
      rtx: { ssrc: base + 2 * index + 1 },
      scalabilityMode: 'L1T3',
      maxBitrate: 150_000 * (index + 1),
    })),
    rtcp: { cname: 'oB+/c1Fv7g', reducedSize: true },
  };
};

export const screen = (): RtpParameters => {
  const { encodings, ...rest } = camera(1);
  return { ...rest, encodings: encodings.map(({ rid: _rid, ...encoding }) => encoding) };
};

/** H.264 in the flavour of the room. */
export const h264Camera = (): RtpParameters => {
  const { codecs: _codecs, ...rest } = camera(1);
  return {
    ...rest,
    codecs: [
      {
        mimeType: 'video/H264',
        payloadType: 96,
        clockRate: 90_000,
        parameters: { 'packetization-mode': 1, 'profile-level-id': '42e01f', 'level-asymmetry-allowed': 1 },
        rtcpFeedback: videoFeedback(),
      },
      {
        mimeType: 'video/rtx',
        payloadType: 97,
        clockRate: 90_000,
        parameters: { apt: 96 },
        rtcpFeedback: [],
      },
    ],
  };
};

/** What a browser has of what the room offers; `without` leaves codecs out by the end of their name. */
export const receiverOf = (room: Room, without: readonly string[] = []): RtpCapabilities => ({
  headerExtensions: room.rtpCapabilities.headerExtensions,
  codecs: room.rtpCapabilities.codecs.filter(
    ({ mimeType }) => !without.some((name) => mimeType.endsWith(name)),
  ),
});

const fingerprint = (byte: string): string => Array.from({ length: 32 }, () => byte).join(':');

export const dtls = (byte = 'AB'): DtlsParameters => ({
  role: 'client',
  fingerprints: [{ algorithm: 'sha-256', value: fingerprint(byte) }],
});

let rooms = 0;
let tracks = 0;

export const openRoom = (engine: Engine): Promise<Room> => {
  rooms += 1;
  return engine.openRoom({ roomId: `room-${rooms}` });
};

export const trackId = (): string => {
  tracks += 1;
  return `trk_${String(tracks).padStart(10, '0')}`;
};

export const sender = (room: Room, participantId = 'prt_ann'): Promise<Transport> =>
  room.createTransport({ participantId, direction: 'send' });

export const receiver = (room: Room, participantId = 'prt_bob'): Promise<Transport> =>
  room.createTransport({ participantId, direction: 'recv' });

/** Resolves with the next event of a subscription. */
export const next = <T>(subscribe: (listener: (event: T) => void) => unknown): Promise<T> =>
  new Promise((resolve) => {
    subscribe(resolve);
  });

/** Resolves once the engine has told everything it was about to tell: a round trip to the worker and its notifications. */
export const settled = async (engine: Engine): Promise<void> => {
  await engine.load();
  await new Promise((resolve) => {
    setImmediate(() => setImmediate(resolve));
  });
};
