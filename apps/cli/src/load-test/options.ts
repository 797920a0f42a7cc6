import type { LoadWish } from '../load/types.ts';

/** The command line cannot be used; the message is one sentence. The exit code is 2. */
export class BadArguments extends Error {}

/** As commander hands them over: texts. */
export interface LoadFlags {
  readonly meetings: string;
  readonly participants: string;
  readonly publishers?: string;
  readonly cameras?: string;
  readonly seconds: string;
  readonly warmUp: string;
  readonly joinRate: string;
  readonly videoKbps: string;
  readonly tiles: string;
  readonly tileSize: string;
  readonly simulcast: boolean;
  readonly mics: boolean;
  readonly talkAlways?: boolean;
  readonly pin?: boolean;
  readonly json?: boolean;
}

export type LoadNumbers = Omit<
  LoadWish,
  'portalUrl' | 'owner' | 'dataDir' | 'cacheDir' | 'core' | 'serverCores'
> & { readonly isPinned: boolean };

interface Range {
  readonly min: number;
  readonly max: number;
  readonly isWhole?: boolean;
}

const numberOf = (flag: string, text: string, { min, max, isWhole = true }: Range): number => {
  const value = Number(text);
  const isFine = text.trim() !== '' && Number.isFinite(value) && (!isWhole || Number.isInteger(value));
  if (!isFine || value < min || value > max)
    throw new BadArguments(
      `--${flag} takes a ${isWhole ? 'whole ' : ''}number from ${min} to ${max}, not "${text}".`,
    );
  return value;
};

/** @throws BadArguments in one sentence about the first flag that is wrong */
export const readLoadFlags = (flags: LoadFlags): LoadNumbers => {
  const many = { min: 1, max: 10_000 };
  const participants = numberOf('participants', flags.participants, many);
  const among = { min: 0, max: participants };
  const publishers = numberOf('publishers', flags.publishers ?? String(Math.min(2, participants)), among);
  const cameras = numberOf('cameras', flags.cameras ?? String(publishers), { min: 0, max: publishers });
  const size = /^([1-9][0-9]{1,4})x([1-9][0-9]{1,4})$/u.exec(flags.tileSize);
  if (!size) throw new BadArguments(`--tile-size takes a size such as 640x360, not "${flags.tileSize}".`);
  const side = { min: 10, max: 16_384 };
  return {
    meetings: numberOf('meetings', flags.meetings, many),
    participants,
    publishers,
    cameras,
    seconds: numberOf('seconds', flags.seconds, { min: 1, max: 86_400, isWhole: false }),
    warmUpSeconds: numberOf('warm-up', flags.warmUp, { min: 0, max: 600, isWhole: false }),
    joinsPerSecond: numberOf('join-rate', flags.joinRate, { min: 0.1, max: 10_000, isWhole: false }),
    videoKbps: numberOf('video-kbps', flags.videoKbps, { min: 50, max: 20_000 }),
    isSimulcast: flags.simulcast,
    isTalkingAlways: flags.talkAlways === true,
    hasMutedMics: flags.mics,
    tiles: {
      count: numberOf('tiles', flags.tiles, { min: 0, max: 100 }),
      widthPx: numberOf('tile-size', size[1] ?? '', side),
      heightPx: numberOf('tile-size', size[2] ?? '', side),
    },
    isPinned: flags.pin === true,
    json: flags.json === true,
  };
};
