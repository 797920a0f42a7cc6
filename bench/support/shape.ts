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
  /** Of them; small ones, which cost less. */
  readonly audioPacketsPerSecond: number;
  /** Of each server process, in seconds for each second. */
  readonly cpuShareOf: Readonly<Record<string, number>>;
}

/** What a process is for, and its CPU seconds; of the same role there may be several. */
export interface Used {
  readonly role: string;
  readonly cpuSeconds: number;
}
export interface ServerProcess {
  readonly role: string;
  readonly pid: number;
}

const usedBy = (servers: readonly ServerProcess[]): Promise<Used[]> =>
  Promise.all(
    servers.map(async ({ role, pid }) => ({ role, cpuSeconds: (await processUse(pid))?.cpuSeconds ?? 0 })),
  );

/** All server processes together, or some of them: CPU seconds for each second. */
export const cpuShare = ({ cpuShareOf }: Measured, roles = Object.keys(cpuShareOf)): number =>
  roles.reduce((sum, role) => sum + (cpuShareOf[role] ?? 0), 0);

export const cpuSecondsPerMillionPackets = (one: Measured, roles?: string[]): number =>
  one.packetsPerSecond === 0 ? Number.NaN : (cpuShare(one, roles) / one.packetsPerSecond) * 1e6;

/** Between the last one who came in and the measured time: congestion control finds what the path carries. */
export const warmUpMs = 8_000;

export const pause = (forMs: number): Promise<void> => new Promise((wake) => setTimeout(wake, forMs));

/** Everybody is in: measures what they get, and what these processes use for it. */
export const measure = async (
  engine: BotEngine,
  servers: readonly ServerProcess[],
  seconds: number,
): Promise<Measured> => {
  const before = await usedBy(servers);
  engine.begin();
  await pause(seconds * 1_000);
  engine.end();
  const after = await usedBy(servers);
  const used = after.map(({ role, cpuSeconds }, index) => ({
    role,
    cpuSeconds: cpuSeconds - (before[index]?.cpuSeconds ?? 0),
  }));
  await pause(1_000);
  return measured(await engine.report(), used);
};

export const measured = (
  { audio, video, latencyMs, seconds }: Pick<MediaReport, 'audio' | 'video' | 'latencyMs' | 'seconds'>,
  used: readonly Used[],
): Measured => {
  const cpuShareOf: Record<string, number> = {};
  for (const { role, cpuSeconds } of used) cpuShareOf[role] = (cpuShareOf[role] ?? 0) + cpuSeconds / seconds;
  const delivered = audio.delivered + video.delivered;
  return {
    offered: audio.offered + video.offered,
    delivered,
    latencyP99Ms: latencyMs.p99,
    packetsPerSecond: delivered / seconds,
    audioPacketsPerSecond: audio.delivered / seconds,
    cpuShareOf,
  };
};

/** A server somebody else made, ready for loads; one run after another. */
export interface Contender extends AsyncDisposable {
  readonly name: string;
  /** The processes that carry media; all of them when there is nothing else. */
  readonly mediaRoles?: string[];
  run(shape: Shape, seconds: number): Promise<Measured>;
}
