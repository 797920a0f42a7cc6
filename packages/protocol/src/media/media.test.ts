import { describe, expect, test } from 'vitest';
import {
  ConsumerLayersSchema,
  DtlsParametersSchema,
  RtpCapabilitiesSchema,
  RtpParametersSchema,
  mediaProfile,
} from './index.ts';

const sha256 = Array.from({ length: 32 }, (_, index) => (index + 160).toString(16)).join(':');

const video = () => ({
  mid: '1',
  codecs: [
    {
      mimeType: 'video/VP8',
      payloadType: 96,
      clockRate: 90_000,
      parameters: {},
      rtcpFeedback: [{ type: 'nack' }],
    },
    { mimeType: 'video/rtx', payloadType: 97, clockRate: 90_000, parameters: { apt: 96 } },
  ],
  headerExtensions: [{ uri: 'urn:ietf:params:rtp-hdrext:sdes:mid', id: 4 }],
  encodings: [{ rid: 'r0', scalabilityMode: 'L1T3', maxBitrate: 150_000 }, { rid: 'r1' }],
  rtcp: { cname: 'Fz0q+/4{}ab', reducedSize: true },
  msid: '{3f1c-4d} 9e0a',
});

describe('RTP parameters', () => {
  test('what a browser sends is accepted, keys of no use are dropped', () => {
    const parsed = RtpParametersSchema.parse({
      ...video(),
      encodings: [{ ssrc: 4_294_967_295, active: true, rid: undefined, networkPriority: 'high' }],
      foo: 1,
    });
    expect(parsed.encodings).toEqual([{ ssrc: 4_294_967_295 }]);
    expect(Object.keys(parsed)).not.toContain('foo');
  });

  test.each([
    ['ssrc 0', { encodings: [{ ssrc: 0 }] }],
    ['ssrc 2^32', { encodings: [{ ssrc: 4_294_967_296 }] }],
    ['ssrc -1', { encodings: [{ ssrc: -1 }] }],
    ['ssrc text', { encodings: [{ ssrc: 'x' }] }],
    ['no codecs', { codecs: [] }],
    [
      'too many codecs',
      {
        codecs: Array.from({ length: 17 }, (_, i) => ({
          mimeType: 'video/VP8',
          payloadType: 96 + i,
          clockRate: 90_000,
        })),
      },
    ],
    ['payload type 300', { codecs: [{ mimeType: 'video/VP8', payloadType: 300, clockRate: 90_000 }] }],
    ['payload type of RTCP', { codecs: [{ mimeType: 'video/VP8', payloadType: 72, clockRate: 90_000 }] }],
    ['clock rate 0', { codecs: [{ mimeType: 'video/VP8', payloadType: 96, clockRate: 0 }] }],
    [
      'fmtp with an object',
      { codecs: [{ mimeType: 'video/VP8', payloadType: 96, clockRate: 90_000, parameters: { a: {} } }] },
    ],
    [
      'fmtp 2^40',
      {
        codecs: [{ mimeType: 'video/VP8', payloadType: 96, clockRate: 90_000, parameters: { apt: 2 ** 40 } }],
      },
    ],
    ['unknown extension', { headerExtensions: [{ uri: 'urn:x', id: 1 }] }],
    ['cname for a shell', { rtcp: { cname: '$(id)' } }],
    ['cname with a line feed', { rtcp: { cname: 'a\nb' } }],
    ['cname of 64 KiB', { rtcp: { cname: 'a'.repeat(65_536) } }],
    ['five encodings', { encodings: Array.from({ length: 5 }, (_, i) => ({ ssrc: i + 1 })) }],
    ['99 layers', { encodings: [{ ssrc: 1, scalabilityMode: 'L99T99' }] }],
    ['bitrate -1', { encodings: [{ ssrc: 1, maxBitrate: -1 }] }],
  ])('%s is refused', (_name, change) => {
    expect(RtpParametersSchema.safeParse({ ...video(), ...change }).success).toBe(false);
  });

  test('a parameter named __proto__ is dropped and changes nothing', () => {
    const parameters: unknown = JSON.parse('{"__proto__":{"polluted":1},"apt":96}');
    const codecs = [{ mimeType: 'video/VP8', payloadType: 96, clockRate: 90_000, parameters }];
    const [codec] = RtpParametersSchema.parse({ ...video(), codecs }).codecs;
    expect(codec?.parameters).toStrictEqual({ apt: 96 });
    expect(Reflect.get(codec?.parameters ?? {}, 'polluted')).toBeUndefined();
  });

  test('deep nesting is refused without trouble', () => {
    let deep: unknown = 1;
    for (let level = 0; level < 20_000; level += 1) deep = [deep];
    expect(RtpParametersSchema.safeParse(deep).success).toBe(false);
    expect(RtpParametersSchema.safeParse({ ...video(), codecs: deep }).success).toBe(false);
  });
});

describe('DTLS parameters', () => {
  test('a fingerprint is read in either case and handed on in upper case', () => {
    const parsed = DtlsParametersSchema.parse({
      role: 'client',
      fingerprints: [{ algorithm: 'sha-256', value: sha256 }],
    });
    expect(parsed.fingerprints[0]?.value).toBe(sha256.toUpperCase());
  });

  test.each([
    ['md5', [{ algorithm: 'md5', value: sha256 }]],
    ['sha-1', [{ algorithm: 'sha-1', value: sha256.slice(0, 59) }]],
    ['too short', [{ algorithm: 'sha-256', value: sha256.slice(3) }]],
    ['length of another algorithm', [{ algorithm: 'sha-512', value: sha256 }]],
    ['not hex', [{ algorithm: 'sha-256', value: `ZZ${sha256.slice(2)}` }]],
    ['none', []],
  ])('%s is refused', (_name, fingerprints) => {
    expect(DtlsParametersSchema.safeParse({ role: 'client', fingerprints }).success).toBe(false);
  });
});

test.each([-1, 99, 1.5, '1'])('layer %s is refused', (layer) => {
  expect(ConsumerLayersSchema.safeParse({ spatial: layer, temporal: 0 }).success).toBe(false);
  expect(ConsumerLayersSchema.safeParse({ spatial: 0, temporal: layer }).success).toBe(false);
});

test('every codec of the profile is a capability the schema accepts', () => {
  const codecs = mediaProfile.codecs.map((codec, index) => ({ ...codec, preferredPayloadType: 100 + index }));
  expect(RtpCapabilitiesSchema.safeParse({ codecs, headerExtensions: [] }).success).toBe(true);
});
