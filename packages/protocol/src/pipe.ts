import { z } from 'zod';
import { MediaKindSchema, MediaObjectIdSchema, RtpParametersSchema } from './media/index.ts';
import { MediaSourceSchema } from './meeting.ts';
import { secret } from './secret.ts';

/** What two routers tell each other to set up an encrypted pipe between them, and the streams on it. */

/** RFC 7714 §12: AES-256 with a 12 byte salt is 44 bytes. The only suite taken: nothing weaker is ever negotiated. */
export const pipeCryptoSuite = 'AEAD_AES_256_GCM';

export const PipeParametersSchema = z
  .object({
    ip: z
      .union([z.ipv4(), z.ipv6()])
      .describe('Where the sender of this message receives the pipe; a number, never a name'),
    port: z.int().min(1).max(65_535).describe('UDP port at that address'),
    srtp: z.object({
      cryptoSuite: z.literal(pipeCryptoSuite),
      keyBase64: secret(z.string().regex(/^[A-Za-z0-9+/]{59}=$/u, 'must be 44 bytes in base64')).describe(
        'Key and salt with which the sender encrypts',
      ),
    }),
  })
  .describe('One end of a pipe between two routers; only ever sent over an encrypted link');
export type PipeParameters = z.infer<typeof PipeParametersSchema>;

/** One stream on a pipe. Its id is the same on both routers. */
export const PipedStreamSchema = z.object({
  producerId: MediaObjectIdSchema,
  kind: MediaKindSchema,
  source: MediaSourceSchema,
  rtpParameters: RtpParametersSchema,
  paused: z.boolean().describe('True while its sender is muted'),
});
export type PipedStream = z.infer<typeof PipedStreamSchema>;
