import {
  BotEngine,
  buildNative,
  conversation,
  Crowd,
  processUse,
  type BotPattern,
  type BotWish,
  type CrowdResult,
  type MediaReport,
} from '@guildhall/bots';
import { LoadMeetings } from './meetings.ts';
import { quantile } from './report.ts';
import { keepServersOn, sampleServers, usedBetween } from './servers.ts';
import type { LoadReport, LoadWish } from './types.ts';

const joinLimitMs = 30_000;
/** Packets sent in time may arrive this much later and count; what comes later still is of no use to anybody. */
const graceMs = 1_000;

export interface RunOptions {
  readonly signal: AbortSignal;
  /** Long work in a line that may be replaced by the next. */
  readonly onProgress: (text: string) => void;
  /** Worth keeping: a complaint. */
  readonly onNote: (text: string) => void;
}

const pause = (forMs: number, signal: AbortSignal): Promise<void> =>
  new Promise((wake) => {
    if (signal.aborted) return wake();
    const timer = setTimeout(wake, forMs);
    signal.addEventListener('abort', () => (clearTimeout(timer), wake()), { once: true });
  });

const patternOf = (wish: LoadWish): BotPattern => ({
  ...conversation,
  speech: wish.isTalkingAlways ? null : conversation.speech,
  videoBitrateBps: wish.videoKbps * 1_000,
  isSimulcast: wish.isSimulcast,
});

/** Publishers first, meeting by meeting in turn, so that all meetings fill evenly. */
const wishesOf = async (wish: LoadWish, meetings: LoadMeetings, signal: AbortSignal): Promise<BotWish[]> => {
  const pattern = patternOf(wish);
  const perMeeting: BotWish[][] = [];
  for (let index = 0; index < wish.meetings && !signal.aborted; index += 1) {
    const { number, passcode } = await meetings.make(index);
    perMeeting.push(
      Array.from({ length: wish.participants }, (_, person) => ({
        portalUrl: wish.portalUrl,
        number,
        passcode: passcode ?? undefined,
        name: `Bot ${person + 1}`,
        pattern,
        mic: person < wish.publishers ? 'open' : wish.hasMutedMics ? 'muted' : 'none',
        hasCamera: person < wish.cameras,
        tiles: wish.tiles,
      })),
    );
  }
  return Array.from({ length: wish.participants }).flatMap((_, person) =>
    perMeeting.flatMap((people) => people.slice(person, person + 1)),
  );
};

/**
 * The whole load: meetings, bots, the measured time, and everything undone again.
 * @throws NativeBuildError when the bots cannot be compiled; ApiError when the portal refuses the owner
 */
export const runLoad = async (wish: LoadWish, options: RunOptions): Promise<LoadReport> => {
  const { signal, onProgress, onNote } = options;
  const binary = await buildNative({ cacheDir: wish.cacheDir, onStep: onProgress });
  await using engine = await BotEngine.start({ binary, onComplaint: onNote });
  const meetings = await LoadMeetings.signIn(wish.portalUrl, wish.owner);
  const letGo = wish.serverCores ? await keepServersOn(wish.dataDir, wish.serverCores) : undefined;
  const total = wish.meetings * wish.participants;
  const crowd = new Crowd({
    engine,
    joinsPerSecond: wish.joinsPerSecond,
    joinLimitMs,
    signal,
    onProgress: ({ joined, failed }) =>
      onProgress(`Joining: ${joined} of ${total} are in${failed > 0 ? `, ${failed} failed` : ''}`),
  });
  try {
    onProgress(`Making ${wish.meetings} meeting${wish.meetings === 1 ? '' : 's'}`);
    const result = await crowd.join(await wishesOf(wish, meetings, signal));
    onProgress('Warming up');
    await pause(wish.warmUpSeconds * 1_000, signal);
    return await measure(wish, { ...options, engine, crowd, result });
  } finally {
    onProgress('Cleaning up');
    crowd.leave();
    await letGo?.();
    const left = await meetings.remove();
    if (left > 0)
      onNote(`${left} meetings named "Load test" could not be deleted; delete them in the portal.`);
  }
};

interface Measuring extends RunOptions {
  readonly engine: BotEngine;
  readonly crowd: Crowd;
  readonly result: CrowdResult;
}

const measure = async (wish: LoadWish, parts: Measuring): Promise<LoadReport> => {
  const { engine, crowd, result, signal, onProgress } = parts;
  const begunMs = performance.now();
  const ticker = setInterval(() => {
    const leftS = Math.max(0, Math.round(wish.seconds - (performance.now() - begunMs) / 1_000));
    onProgress(`Measuring: ${leftS} s left`);
  }, 1_000);
  try {
    const [before, botsBefore] = await Promise.all([sampleServers(wish.dataDir), botsUse(engine)]);
    engine.begin();
    await pause(wish.seconds * 1_000, signal);
    engine.end();
    const [after, botsAfter] = await Promise.all([sampleServers(wish.dataDir), botsUse(engine)]);
    if (!signal.aborted) await pause(graceMs, signal);
    const media = await crowd.report();
    const servers = usedBetween(before, after);
    const bots = { cpuSeconds: botsAfter.cpuSeconds - botsBefore.cpuSeconds, rssMb: botsAfter.rssMb };
    return assemble({ result, media, servers, bots, complete: !signal.aborted });
  } finally {
    clearInterval(ticker);
  }
};

/** This process and the native one. */
const botsUse = async (engine: BotEngine): Promise<LoadReport['bots']> => {
  const uses = await Promise.all([processUse(process.pid), processUse(engine.pid)]);
  return {
    cpuSeconds: uses.reduce((sum, use) => sum + (use?.cpuSeconds ?? 0), 0),
    rssMb: uses.reduce((sum, use) => sum + (use?.rssMb ?? 0), 0),
  };
};

const assemble = (parts: {
  readonly result: CrowdResult;
  readonly media: MediaReport;
  readonly servers: LoadReport['servers'];
  readonly bots: LoadReport['bots'];
  readonly complete: boolean;
}): LoadReport => {
  const { result, media, servers, bots, complete } = parts;
  const delivered = media.audio.delivered + media.video.delivered;
  const serverSeconds = servers.reduce((sum, { cpuSeconds }) => sum + cpuSeconds, 0);
  const at = (samples: readonly number[], share: number): number => Math.round(quantile(samples, share));
  const gaps = (kind: 'audio' | 'video'): { p50: number; p95: number } => {
    const samples = media.people
      .filter((person) => person[kind] > 0)
      .map((person) => (kind === 'audio' ? person.audioGapMs : person.videoGapMs));
    return { p50: at(samples, 0.5), p95: at(samples, 0.95) };
  };
  return {
    joined: result.joined,
    failed: result.failed,
    reasons: { ...result.reasons },
    offered: media.audio.offered + media.video.offered,
    delivered,
    latencyMs: media.latencyMs,
    worstPersonP99Ms: media.worstPersonP99Ms,
    joinMs: { p50: at(result.joinMs, 0.5), p95: at(result.joinMs, 0.95), p99: at(result.joinMs, 0.99) },
    gapMs: { audio: gaps('audio'), video: gaps('video') },
    servers,
    cpuSecondsPerMillionPackets:
      servers.length === 0 || delivered === 0 ? null : Math.round((serverSeconds / delivered) * 1e8) / 100,
    bots: { cpuSeconds: Math.round(bots.cpuSeconds * 100) / 100, rssMb: bots.rssMb },
    seconds: media.seconds,
    audio: media.audio,
    video: media.video,
    complete,
  };
};
