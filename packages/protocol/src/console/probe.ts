import { z } from 'zod';
import { DtlsParametersSchema, IceCandidateSchema, IceParametersSchema } from '../media/index.ts';

/**
 * Whether a browser gets through to the media ports of the router on this VM. Each place has a transport of its own, so
 * that what is tried at one says nothing about another.
 */

/**
 * `POST /self-test/media-probe` of the console, and `POST /probe` on the admin port of mmr. The certificate with these
 * fingerprints has to be used for every place: nobody else may connect.
 */
export const MediaProbeRequest = z.strictObject({ dtlsParameters: DtlsParametersSchema });
export type MediaProbeRequest = z.output<typeof MediaProbeRequest>;

export const MediaProbePlace = z.object({
  candidate: IceCandidateSchema,
  iceParameters: IceParametersSchema,
  dtlsParameters: DtlsParametersSchema,
});
export type MediaProbePlace = z.output<typeof MediaProbePlace>;

/** What to dial, in the order in which it is announced: inside addresses before outside ones. */
export const MediaProbe = z.object({
  closesAfterMs: z.int().min(0).describe('The places answer for this long'),
  places: z.array(MediaProbePlace).max(64),
});
export type MediaProbe = z.output<typeof MediaProbe>;
