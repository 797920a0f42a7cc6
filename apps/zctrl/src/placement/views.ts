import type { PlacementLimits, PlacementRouter } from '@guildhall/domain';
import { place } from '@guildhall/domain';
import type { LinkedRouter } from '../types.ts';

/** What the placement rule needs to know of a linked router. */
export function placementViewOf(router: LinkedRouter): PlacementRouter {
  const { routerId, load, reportedAtMs, pendingParticipants, pendingMeetings, draining } = router;
  return {
    routerId,
    load,
    reportedAtMs,
    pending: { participants: pendingParticipants, meetings: pendingMeetings },
    draining,
    // Nobody can order a health check yet.
    unhealthy: false,
  };
}

/** `200 of 200 seats are taken`, for the sentence of a refusal. */
export function seatsTaken(router: PlacementRouter, limits: PlacementLimits): string {
  const used = (router.load?.participants ?? 0) + router.pending.participants;
  return `${used} of ${limits.participantsPerRouter} seats are taken`;
}

/** Whether a meeting could be placed on the router now. */
export function isUsable(router: LinkedRouter, limits: PlacementLimits, nowMs: number): boolean {
  return place({ routers: [placementViewOf(router)], limits, nowMs }).chosen !== null;
}
