import { z } from 'zod';

/** What `guildhall load-test` hands to the program that carries the bots, on its stdin: passwords never go into argv. */
export const LoadWish = z.strictObject({
  portalUrl: z.url(),
  owner: z.strictObject({ email: z.string(), password: z.string() }),
  /** Of the zone on this machine, whose processes can be looked at; null when it runs elsewhere. */
  dataDir: z.string().nullable(),
  /** Where the compiled bots are kept. */
  cacheDir: z.string(),
  meetings: z.int().min(1).max(10_000),
  /** In each meeting. */
  participants: z.int().min(1).max(10_000),
  /** Of them: who sends pictures and open voice. */
  publishers: z.int().min(0).max(10_000),
  /** Of the publishers: who sends pictures too. */
  cameras: z.int().min(0).max(10_000),
  seconds: z.number().min(1).max(86_400),
  /** Between the last join and the measured time: congestion control finds its rate. */
  warmUpSeconds: z.number().min(0).max(600),
  joinsPerSecond: z.number().min(0.1).max(10_000),
  videoKbps: z.int().min(50).max(20_000),
  isSimulcast: z.boolean(),
  /** Voice without pauses, as older benchmarks had it. */
  isTalkingAlways: z.boolean(),
  /** Whether those who do not publish have a (muted) microphone, as people do. */
  hasMutedMics: z.boolean(),
  /** Pictures each wants to see, and their size in device pixels. */
  tiles: z.strictObject({
    count: z.int().min(0).max(100),
    widthPx: z.int().min(1).max(16_384),
    heightPx: z.int().min(1).max(16_384),
  }),
  /** CPU of the bots when it is theirs, null when it is not decided. */
  core: z.int().min(0).nullable(),
  /** CPUs the servers are kept on while it lasts; null: they stay as they are. */
  serverCores: z.array(z.int().min(0)).min(1).nullable(),
  json: z.boolean(),
});
export type LoadWish = z.output<typeof LoadWish>;

const Quantiles = z.object({ p50: z.number(), p99: z.number() });
const Stream = z.object({
  offered: z.number(),
  delivered: z.number(),
  repaired: z.number(),
  streams: z.number(),
  silent: z.number(),
  latencyMs: Quantiles,
});

/** The last line of `guildhall load-test --json`. New fields may come; none goes. */
export const LoadReport = z.object({
  joined: z.int(),
  failed: z.int(),
  /** How often each reason for a failure was given. */
  reasons: z.record(z.string(), z.int()),
  /** Packets that should have arrived in the measured time, and those that did: see docs/operations/load-test.md. */
  offered: z.number(),
  delivered: z.number(),
  /** One way, socket to socket. */
  latencyMs: Quantiles,
  /** The 99th percentile of the person who had it worst. */
  worstPersonP99Ms: z.number(),
  joinMs: z.object({ p50: z.number(), p95: z.number(), p99: z.number() }),
  /** Longest time without a packet, over the people who got any. */
  gapMs: z.object({
    audio: z.object({ p50: z.number(), p95: z.number() }),
    video: z.object({ p50: z.number(), p95: z.number() }),
  }),
  /** CPU of the measured time, memory at its end. Empty when the servers are not on this machine. */
  servers: z.array(
    z.object({ role: z.string(), vm: z.int(), pid: z.int(), cpuSeconds: z.number(), rssMb: z.number() }),
  ),
  /** All servers' CPU seconds for each million delivered packets; null when they cannot be looked at. */
  cpuSecondsPerMillionPackets: z.number().nullable(),
  bots: z.object({ cpuSeconds: z.number(), rssMb: z.number() }),
  seconds: z.number(),
  audio: Stream,
  video: Stream,
  /** False when it was interrupted: the figures are of what there was until then. */
  complete: z.boolean(),
});
export type LoadReport = z.output<typeof LoadReport>;
