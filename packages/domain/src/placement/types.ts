import type { RouterId } from '../ids.ts';
import type { OverloadCause } from '../load/admit.ts';

/** What a router can carry at most. Defaults of the policy: 200 participants, 100 meetings. */
export interface PlacementLimits {
  readonly participantsPerRouter: number;
  readonly meetingsPerRouter: number;
}

export interface PlacementLoad {
  readonly participants: number;
  readonly meetings: number;
  /** Busiest media worker, 0 to 1 of a core. */
  readonly workerCpu: number;
}

/** What the placement knows of one router. */
export interface PlacementRouter {
  readonly routerId: RouterId;
  /** The last report; null before the first one, and then the router counts as draining. */
  readonly load: PlacementLoad | null;
  /** When the last report came, epoch ms; null before the first. */
  readonly reportedAtMs: number | null;
  /** Placed on it since the last report, so not yet in `load`. */
  readonly pending: { readonly participants: number; readonly meetings: number };
  readonly draining: boolean;
  readonly unhealthy: boolean;
  /** Why it takes nobody new, by its own measurement; absent while it does. */
  readonly overload?: OverloadCause | undefined;
}

export interface PlacementInput {
  readonly routers: readonly PlacementRouter[];
  readonly limits: PlacementLimits;
  readonly nowMs: number;
}

/** `ok`: may be chosen. Everything else says why not. */
export type PlacementVerdict = 'ok' | 'full' | 'busy' | 'draining' | 'unhealthy' | 'stale';

/** Facts behind a verdict or a score, as codes so that a page can word them in its language. */
export type PlacementReason =
  | { readonly code: 'never-reported' }
  | { readonly code: 'draining' }
  | { readonly code: 'unhealthy' }
  | { readonly code: 'report-too-old'; readonly ageMs: number }
  | { readonly code: 'participants'; readonly used: number; readonly limit: number }
  | { readonly code: 'meetings'; readonly used: number; readonly limit: number }
  | { readonly code: 'worker-cpu'; readonly share: number }
  | { readonly code: 'overload'; readonly cause: OverloadCause };

export interface PlacementCandidate {
  readonly routerId: RouterId;
  /** How full it is by its scarcest resource: 0 is idle, 1 is full. Lower is better. Null without a report. */
  readonly score: number | null;
  readonly verdict: PlacementVerdict;
  readonly reasons: readonly PlacementReason[];
}

export type PlacementWhy =
  | { readonly code: 'only-one'; readonly score: number }
  | { readonly code: 'least-loaded'; readonly score: number; readonly nextScore: number; readonly of: number }
  | { readonly code: 'no-router' }
  /** Every seat is taken, but people of the meeting already sit there, at a branch of it. */
  | { readonly code: 'has-branch' }
  /** Routers are there but none may be chosen; the counts say what stands in the way. */
  | { readonly code: 'none-usable'; readonly counts: Readonly<Record<PlacementVerdict, number>> };

export interface Placement {
  readonly chosen: RouterId | null;
  /** Every router, best first; those that may not be chosen come last. */
  readonly candidates: readonly PlacementCandidate[];
  readonly why: PlacementWhy;
}
