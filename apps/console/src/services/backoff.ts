/** A process that ran this long was well: its next death is the first of a new series. */
export const stableAfterMs = 30_000;
const firstWaitMs = 250;
const maxWaitMs = 10_000;
/** Deaths in a row after which people are told that it does not work. */
export const failingAfter = 3;

/**
 * How long to wait before starting again after the n-th death in a row (from 1). The first start is at once: meetings
 * wait for it. Then twice as long each time, so that a broken service does not take the machine with it.
 */
export function restartDelayMs(deathsInARow: number): number {
  if (deathsInARow <= 1) return 0;
  return Math.min(maxWaitMs, firstWaitMs * 2 ** Math.min(deathsInARow - 2, 20));
}

/** For a service whose configuration is refused: a quick restart cannot help, a slow one sees the repaired file. */
export const refusedConfigDelayMs = maxWaitMs;
