import type { PairReport, RouterReport } from '@guildhall/protocol';
import type { LinkedRouter } from '../types.ts';

/** A router is expected to report every two seconds. */
const silentAfterMs = 15_000;
const idle = { participants: 0, meetings: 0, workerCpu: 0, bitrateInBps: 0, bitrateOutBps: 0 } as const;

/** What the cloud and the debug page are told of a router. Before its first report it counts as draining. */
export function reportOf(router: LinkedRouter, nowMs: number): RouterReport {
  const { routerId, nodeId, version, load, sinceMs, reportedAtMs, draining, overload, drainEndsAtMs } =
    router;
  const isSilent = reportedAtMs !== null && nowMs - reportedAtMs > silentAfterMs;
  const state = load === null ? 'draining' : isSilent ? 'unhealthy' : draining ? 'draining' : 'connected';
  return {
    routerId,
    nodeId,
    version,
    state,
    load: load ?? idle,
    sinceMs,
    ...(overload && { overload }),
    ...(drainEndsAtMs !== undefined && { drainEndsAtMs }),
  };
}

/** What the cloud is told of the link to the other controller; nothing where there is none to have. */
export function pairReportOf({
  state,
  sinceMs,
}: {
  state: PairReport['state'] | 'single';
  sinceMs: number;
}): {
  pair?: PairReport;
} {
  return state === 'single' ? {} : { pair: { state, sinceMs } };
}
