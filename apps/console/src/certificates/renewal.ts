import type { OpenOrder } from './files.ts';

const hourMs = 3_600_000;
const dayMs = 24 * hourMs;

/**
 * When a certificate that was ordered by itself is ordered anew, epoch ms: when a third of its life is left, and up to a
 * sixtieth of it later, so that a fleet that was set up on one day does not come back on one hour. After a failure an hour
 * later, then two, four, up to a day: an authority that counts failures (Let's Encrypt: five an hour) must not shut us out.
 *
 * @param order `chance` is from 0 to below 1 and belongs to the next try
 */
export function renewalAtMs(
  { notBeforeMs, notAfterMs }: { readonly notBeforeMs: number; readonly notAfterMs: number },
  { failures, triedAtMs, chance }: Pick<OpenOrder, 'failures' | 'triedAtMs' | 'chance'>,
): number {
  if (failures > 0) {
    const delayMs = Math.min(dayMs, hourMs * 2 ** (failures - 1));
    return Math.round(triedAtMs + delayMs * (1 + chance / 5));
  }
  const lifeMs = notAfterMs - notBeforeMs;
  return Math.round(notAfterMs - lifeMs / 3 + (chance * lifeMs) / 60);
}
