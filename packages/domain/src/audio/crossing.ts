import { slotRules } from './slots.ts';

/**
 * Which voices of a large meeting are sent from one of its routers to another: those that fill the sender's speaker
 * slots, and beside them whoever spoke last or begins to. So a link carries a constant number of voices, whatever the
 * number of open microphones, and most of those who answer each other cross already when they begin to speak.
 */

export interface CrossingRules {
  /** How many voices cross at once; more than there are slots. */
  readonly places: number;
  /** Whoever goes on speaking keeps the place for this long, even when everybody else on the link speaks too. */
  readonly minStayMs: number;
}

/** @param slots how many speaker slots each router has */
export const crossingRules = (slots: number): CrossingRules => ({
  // As many again as can be heard at once: both sides of a lively talk.
  places: 2 * slots,
  // Whoever wants the slot of somebody who speaks has to be heard for so long, at the other router too.
  minStayMs: slotRules.challengeMs + 200,
});

/** A voice that has a place. */
export interface CrossingVoice {
  readonly id: string;
  /** Since when the place is theirs. */
  readonly sinceMs: number;
  readonly lastVoicedMs: number;
  /** Whether it fills a speaker slot: then the place is not given away. */
  readonly holdsSlot: boolean;
}

/**
 * What somebody without a place has to do to get one now.
 * - `free`: take one that is nobody's;
 * - `instead`: take that of this one;
 * - `none`: wait until one becomes free.
 */
export type PlaceClaim =
  | { readonly kind: 'free' }
  | { readonly kind: 'instead'; readonly id: string }
  | { readonly kind: 'none' };

/**
 * @param claimant `speaker`: begins to speak; `holder`: fills a speaker slot now, and so gets a place in any case
 * @param crossing who has the places; at most `rules.places - 1` of them hold a slot
 */
export const claimPlace = (
  claimant: 'speaker' | 'holder',
  crossing: readonly CrossingVoice[],
  nowMs: number,
  { places, minStayMs }: CrossingRules,
): PlaceClaim => {
  if (crossing.length < places) return { kind: 'free' };
  let silent: CrossingVoice | undefined;
  let oldest: CrossingVoice | undefined;
  for (const voice of crossing) {
    if (voice.holdsSlot) continue;
    const isSilent = nowMs - voice.lastVoicedMs > slotRules.spurtGapMs;
    if (isSilent && (!silent || voice.lastVoicedMs < silent.lastVoicedMs)) silent = voice;
    if (!oldest || voice.sinceMs < oldest.sinceMs) oldest = voice;
  }
  if (silent) return { kind: 'instead', id: silent.id };
  if (!oldest) return { kind: 'none' };
  const isDue = claimant === 'holder' || nowMs - oldest.sinceMs >= minStayMs;
  return isDue ? { kind: 'instead', id: oldest.id } : { kind: 'none' };
};
