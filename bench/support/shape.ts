import { conversation, processUse, type BotEngine, type BotPattern, type MediaReport } from '@guildhall/bots';

/** One load, the same for every server that is compared. */
export interface Shape {
  readonly name: string;
  readonly meetings: number;
  readonly people: number;
  /** Of the people of each meeting: who talks (without pauses), and who sends a picture as well. */
  readonly voices: number;
  readonly cameras: number;
  readonly videoKbps: number;
}

/** Voice without pauses and one encoding of each picture: the same packets whatever a server makes of simulcast. */
export const patternOf = ({ videoKbps }: Shape): BotPattern => ({
  ...conversation,
  speech: null,
  isSimulcast: false,
  videoBitrateBps: videoKbps * 1_000,
});

export interface Measured {
  readonly offered: number;
  readonly delivered: number;
  readonly latencyP99Ms: number;
  readonly packetsPerSecond: number;
  /** Of all server processes, in seconds for each second. */
  readonly cpuShare: number;
  readonly cpuSecondsPerMillionPackets: number;
}

const cpuOf = async (pids: readonly number[]): Promise<number> => {
  const uses = await Promise.all(pids.map((pid) => processUse(pid)));
  return uses.reduce((sum, use) => sum + (use?.cpuSeconds ?? 0), 0);
};

/** Between the last one who came in and the measured time: congestion control finds what the path carries. */
export const warmUpMs = 8_000;

export const pause = (forMs: number): Promise<void> => new Promise((wake) => setTimeout(wake, forMs));

/** Everybody is in: measures what they get, and what these processes use for it. */
export const measure = async (
  engine: BotEngine,
  pids: readonly number[],
  seconds: number,
): Promise<Measured> => {
  const before = await cpuOf(pids);
  engine.begin();
  await pause(seconds * 1_000);
  engine.end();
  const cpuSeconds = (await cpuOf(pids)) - before;
  await pause(1_000);
  return measured(await engine.report(), cpuSeconds);
};

export const measured = (
  { audio, video, latencyMs, seconds }: Pick<MediaReport, 'audio' | 'video' | 'latencyMs' | 'seconds'>,
  cpuSeconds: number,
): Measured => {
  const delivered = audio.delivered + video.delivered;
  return {
    offered: audio.offered + video.offered,
    delivered,
    latencyP99Ms: latencyMs.p99,
    packetsPerSecond: delivered / seconds,
    cpuShare: cpuSeconds / seconds,
    cpuSecondsPerMillionPackets: delivered === 0 ? Number.NaN : (cpuSeconds / delivered) * 1e6,
  };
};

/** A server somebody else made, ready for loads; one run after another. */
export interface Contender extends AsyncDisposable {
  readonly name: string;
  run(shape: Shape, seconds: number): Promise<Measured>;
}
