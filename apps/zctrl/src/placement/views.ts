import type { Placement, PlacementLimits, PlacementRouter } from '@guildhall/domain';
import { place } from '@guildhall/domain';
import type { LinkedRouter } from '../types.ts';

/** What the placement rule needs to know of a linked router. */
export function placementViewOf(router: LinkedRouter): PlacementRouter {
  const { routerId, load, reportedAtMs, pendingParticipants, pendingMeetings, draining, overload } = router;
  return {
    routerId,
    load,
    reportedAtMs,
    pending: { participants: pendingParticipants, meetings: pendingMeetings },
    draining,
    // Nobody can order a health check yet.
    unhealthy: false,
    overload,
  };
}

/** `200 of 200 seats are taken`, for the sentence of a refusal. */
export function seatsTaken(router: PlacementRouter, limits: PlacementLimits): string {
  const used = (router.load?.participants ?? 0) + router.pending.participants;
  return `${used} of ${limits.participantsPerRouter} seats are taken`;
}

/** For the sentence of a refusal. */
export const loadOfMeeting =
  'the router of this meeting has as much to do as it can without harm to those who are in';

/** What keeps routers from taking a meeting, for the sentence of a refusal. */
export function whatIsFull({ candidates }: Placement): string {
  const codes = new Set(candidates.flatMap(({ reasons }) => reasons.map(({ code }) => code)));
  const words = [
    codes.has('participants') ? 'seats' : undefined,
    codes.has('meetings') ? 'meetings' : undefined,
    codes.has('overload') ? 'load' : undefined,
  ].filter((word) => word !== undefined);
  return `all of them are at their limit of ${words.join(', ')}`;
}

/** Whether a meeting could be placed on the router now. */
export function isUsable(router: LinkedRouter, limits: PlacementLimits, nowMs: number): boolean {
  return place({ routers: [placementViewOf(router)], limits, nowMs }).chosen !== null;
}
