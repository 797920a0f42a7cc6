import type {
  Placement,
  PlacementCandidate,
  PlacementInput,
  PlacementLimits,
  PlacementLoad,
  PlacementReason,
  PlacementRouter,
  PlacementVerdict,
} from './types.ts';

/** Routers report every two seconds; a router that left seven reports out is not trusted with another meeting. */
export const staleReportMs = 15_000;

/**
 * Chooses the router for a meeting that is not open yet, and says why. Pure: the same input gives the same answer,
 * whatever the order of the routers, so two controllers that see the same reports choose alike.
 *
 * The score is the share used of the scarcest resource and not a weighted sum: a sum lets one exhausted resource
 * hide behind two idle ones.
 */
export function place(input: PlacementInput): Placement {
  const candidates = input.routers
    .map((router) => judge(router, input.limits, input.nowMs))
    .toSorted(byPreference);
  const [best, next] = candidates.filter((candidate) => candidate.verdict === 'ok');
  if (best !== undefined && best.score !== null) {
    const why =
      next === undefined || next.score === null
        ? ({ code: 'only-one', score: best.score } as const)
        : ({
            code: 'least-loaded',
            score: best.score,
            nextScore: next.score,
            of: candidates.filter((candidate) => candidate.verdict === 'ok').length,
          } as const);
    return { chosen: best.routerId, candidates, why };
  }
  if (candidates.length === 0) return { chosen: null, candidates, why: { code: 'no-router' } };
  return { chosen: null, candidates, why: { code: 'none-usable', counts: countVerdicts(candidates) } };
}

/** Whether one more person fits on a router that already has their meeting. Draining does not matter then. */
export function hasSeatFor(router: PlacementRouter, limits: PlacementLimits): boolean {
  return loadWithPending(router).participants < limits.participantsPerRouter;
}

function judge(router: PlacementRouter, limits: PlacementLimits, nowMs: number): PlacementCandidate {
  const { routerId } = router;
  if (router.load === null || router.reportedAtMs === null) {
    return { routerId, score: null, verdict: 'draining', reasons: [{ code: 'never-reported' }] };
  }
  const load = loadWithPending(router);
  const score = Math.max(
    load.participants / limits.participantsPerRouter,
    load.meetings / limits.meetingsPerRouter,
    load.workerCpu,
  );
  const blocking = blockers(router, load, limits, nowMs);
  const [first] = blocking;
  if (first !== undefined) {
    return { routerId, score, verdict: first.verdict, reasons: blocking.map((blocker) => blocker.reason) };
  }
  return {
    routerId,
    score,
    verdict: 'ok',
    reasons: [
      { code: 'participants', used: load.participants, limit: limits.participantsPerRouter },
      { code: 'meetings', used: load.meetings, limit: limits.meetingsPerRouter },
      { code: 'worker-cpu', share: load.workerCpu },
    ],
  };
}

interface Blocker {
  readonly verdict: Exclude<PlacementVerdict, 'ok'>;
  readonly reason: PlacementReason;
}

/** Everything that speaks against the router, the gravest first. A busy CPU alone only makes it the last choice. */
function blockers(
  router: PlacementRouter,
  load: PlacementLoad,
  limits: PlacementLimits,
  nowMs: number,
): Blocker[] {
  const found: Blocker[] = [];
  if (router.unhealthy) found.push({ verdict: 'unhealthy', reason: { code: 'unhealthy' } });
  // A wall clock set back makes the age negative; that is no reason to distrust a router.
  const ageMs = nowMs - (router.reportedAtMs ?? nowMs);
  if (ageMs > staleReportMs) found.push({ verdict: 'stale', reason: { code: 'report-too-old', ageMs } });
  if (router.draining) found.push({ verdict: 'draining', reason: { code: 'draining' } });
  // What it measures itself: one more would be paid for by those who are inside.
  if (router.overload) found.push({ verdict: 'busy', reason: { code: 'overload', cause: router.overload } });
  if (load.participants >= limits.participantsPerRouter) {
    const reason = {
      code: 'participants',
      used: load.participants,
      limit: limits.participantsPerRouter,
    } as const;
    found.push({ verdict: 'full', reason });
  }
  if (load.meetings >= limits.meetingsPerRouter) {
    const reason = { code: 'meetings', used: load.meetings, limit: limits.meetingsPerRouter } as const;
    found.push({ verdict: 'full', reason });
  }
  return found;
}

function loadWithPending(router: PlacementRouter): PlacementLoad {
  return {
    participants: (router.load?.participants ?? 0) + router.pending.participants,
    meetings: (router.load?.meetings ?? 0) + router.pending.meetings,
    workerCpu: router.load?.workerCpu ?? 0,
  };
}

function byPreference(left: PlacementCandidate, right: PlacementCandidate): number {
  const usable = Number(right.verdict === 'ok') - Number(left.verdict === 'ok');
  if (usable !== 0) return usable;
  const score = (left.score ?? Infinity) - (right.score ?? Infinity);
  // Infinity minus Infinity is no number: two routers without a report are equal.
  if (score !== 0 && !Number.isNaN(score)) return score;
  return left.routerId < right.routerId ? -1 : left.routerId > right.routerId ? 1 : 0;
}

function countVerdicts(candidates: readonly PlacementCandidate[]): Record<PlacementVerdict, number> {
  const counts: Record<PlacementVerdict, number> = {
    ok: 0,
    full: 0,
    busy: 0,
    draining: 0,
    unhealthy: 0,
    stale: 0,
  };
  for (const candidate of candidates) counts[candidate.verdict]++;
  return counts;
}
