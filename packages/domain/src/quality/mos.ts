/** What a person's link is like, as far as it is known. */
export interface LinkFacts {
  /** Share of packets lost, 0 to 1. */
  readonly loss: number | null;
  readonly roundTripTimeMs: number | null;
  readonly jitterMs: number | null;
}

/** R of a perfect G.711-like path: the default of ITU-T G.107 with no impairment. */
const idealR = 93.2;
/** Packetisation and play-out that every path has. */
const fixedDelayMs = 10;
/** From about this one-way delay on, people begin to talk into each other. */
const kneeMs = 160;

/**
 * Mean opinion score of speech, 1 (bad) to 4.5, estimated from what is measured on the way: the E-model of ITU-T G.107
 * reduced to delay and loss, as operators commonly use it (Cole and Rosenbluth, "Voice over IP performance
 * monitoring", 2001). Jitter counts twice as delay, for that is what the play-out buffer makes of it. Loss costs 2.5
 * points of R per percent. An estimate to compare people and days with, no measurement of what was heard.
 * @returns null when neither loss nor round-trip time is known
 */
export function estimateMos({ loss, roundTripTimeMs, jitterMs }: LinkFacts): number | null {
  if (loss === null && roundTripTimeMs === null) return null;
  const delayMs = (roundTripTimeMs ?? 0) / 2 + 2 * (jitterMs ?? 0) + fixedDelayMs;
  const delayCost = delayMs < kneeMs ? delayMs / 40 : (delayMs - 120) / 10;
  const lossCost = 250 * Math.min(1, Math.max(0, loss ?? 0));
  const r = Math.min(100, Math.max(0, idealR - delayCost - lossCost));
  const mos = 1 + 0.035 * r + 0.000_007 * r * (r - 60) * (100 - r);
  return Math.min(4.5, Math.max(1, mos));
}

/** How a score is said to people; the borders are those in common use for listening quality. */
export type QualityGrade = 'good' | 'fair' | 'poor';

/** @param mos mean opinion score, 1 to 4.5 */
export const gradeOf = (mos: number): QualityGrade => (mos >= 4 ? 'good' : mos >= 3.1 ? 'fair' : 'poor');
