import { z } from 'zod';
import { MediaObjectIdSchema } from './object-id.ts';
import { MediaKindSchema, RtpParametersSchema } from './rtp.ts';

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
