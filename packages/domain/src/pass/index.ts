import type { MeetingId, UserId } from '../ids.ts';

/** All passes of a person, or all for a meeting, that were given at or before `beforeMs` are void. Epoch ms. */
export interface PassRevocation {
  readonly id: UserId | MeetingId;
  readonly beforeMs: number;
}

/** What a zone must know to judge a pass with the cloud away. */
export interface PassRules {
  /** How long a pass is good, whatever it says itself. Milliseconds; 0: passes are off. */
  readonly maxAgeMs: number;
  /** Every pass given at or before this is void. Epoch ms; 0: none. */
  readonly voidBeforeMs: number;
  readonly revoked: readonly PassRevocation[];
}

export interface PassFacts {
  readonly issuedAtMs: number;
  readonly subject: UserId;
  readonly meetingId: MeetingId;
}

/** `off`: the zone takes none. */
export type PassStanding = 'good' | 'off' | 'expired' | 'revoked';

/** Deny by default: without rules (a cloud that knows no passes) none is good. */
export function passStanding(pass: PassFacts, rules: PassRules | undefined, nowMs: number): PassStanding {
  if (!rules || rules.maxAgeMs === 0) return 'off';
  const isRevoked = rules.revoked.some(
    ({ id, beforeMs }) => (id === pass.subject || id === pass.meetingId) && pass.issuedAtMs <= beforeMs,
  );
  if (isRevoked || pass.issuedAtMs <= rules.voidBeforeMs) return 'revoked';
  return nowMs - pass.issuedAtMs > rules.maxAgeMs ? 'expired' : 'good';
}

/**
 * The revocations as a policy carries them, at most `limit` of them. What is older than any pass may be is left out; of
 * too many the oldest become one line under everything given up to then: that voids passes nobody revoked, which their
 * owners' pages renew, and never leaves a revoked one good.
 */
export function boundedRevocations(
  all: readonly PassRevocation[],
  { limit, maxAgeMs, nowMs }: { limit: number; maxAgeMs: number; nowMs: number },
): Pick<PassRules, 'voidBeforeMs' | 'revoked'> {
  const living = all
    .filter(({ beforeMs }) => nowMs - beforeMs <= maxAgeMs)
    .toSorted((a, b) => b.beforeMs - a.beforeMs || (a.id < b.id ? -1 : 1));
  return { voidBeforeMs: living[limit]?.beforeMs ?? 0, revoked: living.slice(0, limit) };
}
