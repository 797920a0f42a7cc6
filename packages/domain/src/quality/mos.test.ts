import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { estimateMos, gradeOf } from './mos.ts';

const link = fc.record({
  loss: fc.double({ min: 0, max: 1, noNaN: true }),
  roundTripTimeMs: fc.double({ min: 0, max: 60_000, noNaN: true }),
  jitterMs: fc.double({ min: 0, max: 5_000, noNaN: true }),
});

describe('the estimate of how a call sounds', () => {
  test('a good path scores well, a lossy or slow one badly', () => {
    const good = estimateMos({ loss: 0, roundTripTimeMs: 20, jitterMs: 2 });
    const lossy = estimateMos({ loss: 0.1, roundTripTimeMs: 20, jitterMs: 2 });
    const slow = estimateMos({ loss: 0, roundTripTimeMs: 900, jitterMs: 30 });
    expect(good).toBeCloseTo(4.4, 1);
    expect(gradeOf(good ?? 0)).toBe('good');
    expect(lossy).toBeGreaterThan(3);
    expect(gradeOf(lossy ?? 0)).toBe('fair');
    expect(gradeOf(slow ?? 0)).toBe('poor');
  });

  test('nothing known is not a score', () => {
    expect(estimateMos({ loss: null, roundTripTimeMs: null, jitterMs: 3 })).toBeNull();
    expect(estimateMos({ loss: 0, roundTripTimeMs: null, jitterMs: null })).not.toBeNull();
  });

  test('always between 1 and 4.5, and never better for more loss, delay or jitter', () => {
    fc.assert(
      fc.property(link, link, (one, other) => {
        const worse = {
          loss: Math.max(one.loss, other.loss),
          roundTripTimeMs: Math.max(one.roundTripTimeMs, other.roundTripTimeMs),
          jitterMs: Math.max(one.jitterMs, other.jitterMs),
        };
        const [mos, low] = [estimateMos(one) ?? 0, estimateMos(worse) ?? 0];
        expect(mos).toBeGreaterThanOrEqual(1);
        expect(mos).toBeLessThanOrEqual(4.5);
        expect(low).toBeLessThanOrEqual(mos + 1e-9);
      }),
    );
  });
});
