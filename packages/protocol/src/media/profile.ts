import type { MediaKind } from './rtp.ts';

/** A codec the routers offer. Units as in the schemas above. */
export interface ProfileCodec {
  readonly kind: MediaKind;
  readonly mimeType: string;
  readonly clockRate: number;
  readonly channels?: number;
  readonly parameters: Readonly<Record<string, string | number>>;
}

export interface ProfileEncoding {
  /** The picture is sent at 1/n of its width and height. */
  readonly scaleResolutionDownBy: number;
  readonly maxBitrateBps: number;
  readonly scalabilityMode: string;
}

export interface ProfileVideo {
  readonly idealWidthPx: number;
  readonly idealHeightPx: number;
  readonly maxFramerateFps: number;
  /** What the encoder keeps when bitrate is short (W3C mst-content-hint). */
  readonly contentHint: 'motion' | 'detail';
  /** Bitrate the encoder starts with, before the network is known. */
  readonly startBitrateBps: number;
  /** Lowest resolution first: the index is the spatial layer. */
  readonly encodings: readonly ProfileEncoding[];
}

/**
 * How people send here: the same for every browser and bot, read by routers and clients.
 * - VP8 first: every browser has it, and its simulcast is the cheapest to encode in software. H.264 baseline is for
 *   devices that encode only that in hardware. VP9 and AV1 are left out: not everybody in a meeting could decode them,
 *   and a person who sees black is worse than a few bits saved.
 * - The screen is one stream: text scaled down cannot be read, and Chromium does not scale a VP8 screen reliably.
 *   Its temporal layers still let the router thin it out.
 */
export const mediaProfile = {
  codecs: [
    {
      kind: 'audio',
      mimeType: 'audio/opus',
      clockRate: 48_000,
      channels: 2,
      parameters: { useinbandfec: 1, usedtx: 1 },
    },
    { kind: 'video', mimeType: 'video/VP8', clockRate: 90_000, parameters: {} },
    {
      kind: 'video',
      mimeType: 'video/H264',
      clockRate: 90_000,
      parameters: { 'packetization-mode': 1, 'profile-level-id': '42e01f', 'level-asymmetry-allowed': 1 },
    },
  ] satisfies readonly ProfileCodec[] as readonly ProfileCodec[],
  audio: { opusDtx: true, opusFec: true, opusStereo: false, maxAverageBitrateBps: 40_000 },
  camera: {
    idealWidthPx: 1280,
    idealHeightPx: 720,
    maxFramerateFps: 30,
    contentHint: 'motion',
    startBitrateBps: 1_000_000,
    encodings: [
      { scaleResolutionDownBy: 4, maxBitrateBps: 150_000, scalabilityMode: 'L1T3' },
      { scaleResolutionDownBy: 2, maxBitrateBps: 500_000, scalabilityMode: 'L1T3' },
      { scaleResolutionDownBy: 1, maxBitrateBps: 1_700_000, scalabilityMode: 'L1T3' },
    ],
  } satisfies ProfileVideo as ProfileVideo,
  screen: {
    idealWidthPx: 1920,
    idealHeightPx: 1080,
    maxFramerateFps: 15,
    contentHint: 'detail',
    startBitrateBps: 1_500_000,
    encodings: [{ scaleResolutionDownBy: 1, maxBitrateBps: 3_000_000, scalabilityMode: 'L1T3' }],
  } satisfies ProfileVideo as ProfileVideo,
} as const;
