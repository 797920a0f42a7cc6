import { z } from 'zod';
import { asJson } from './as-json.ts';
import { MediaObjectIdSchema } from './object-id.ts';

const uint32Max = 4_294_967_295;

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
