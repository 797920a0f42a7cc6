import fc from 'fast-check';
import { expect, test } from 'vitest';
import { admit, admitRules, openAdmission, type Admission, type LoadMeasure } from './admit.ts';

const rules = admitRules({ workerCpu: 0.85, loopDelayMs: 100 });
const run = (measures: readonly LoadMeasure[], from: Admission = openAdmission): Admission[] => {
  const seen: Admission[] = [];
  for (const measure of measures) seen.push(admit(seen.at(-1) ?? from, measure, 1_000, rules));
  return seen;
};
const measure = fc.record({
  workerCpu: fc.double({ min: 0, max: 1, noNaN: true }),
  loopDelayMs: fc.double({ min: 0, max: 2_000, noNaN: true }),
});
const times = (count: number, one: LoadMeasure): LoadMeasure[] => Array.from({ length: count }, () => one);

test('a load that never reaches the limit refuses nobody, one that stays above it does, and says why', () => {
  const calm = { workerCpu: 0.84, loopDelayMs: 99 };
  expect(run(times(60, calm)).some(({ refuses }) => refuses !== null)).toBe(false);
  expect(run(times(20, { workerCpu: 1, loopDelayMs: 5 })).at(-1)?.refuses).toBe('worker-cpu');
  expect(run(times(20, { workerCpu: 0.2, loopDelayMs: 400 })).at(-1)?.refuses).toBe('event-loop');
});

test('one bad second is no overload', () => {
  const seen = run([...times(10, { workerCpu: 0.4, loopDelayMs: 10 }), { workerCpu: 1, loopDelayMs: 150 }]);
  expect(seen.at(-1)?.refuses).toBeNull();
});

test('whatever the load: between the two limits it stays as it was', () => {
  fc.assert(
    fc.property(fc.array(measure, { maxLength: 100 }), (measures) => {
      let before = openAdmission;
      for (const after of run(measures)) {
        const { workerCpu, loopDelayMs } = after.load;
        const isAbove =
          workerCpu >= rules.refuseFrom.workerCpu || loopDelayMs >= rules.refuseFrom.loopDelayMs;
        const isBelow = workerCpu < rules.admitBelow.workerCpu && loopDelayMs < rules.admitBelow.loopDelayMs;
        const expected = isAbove || (!isBelow && before.refuses !== null);
        expect(after.refuses !== null).toBe(expected);
        before = after;
      }
    }),
  );
});

test('an overload that is over lets people in again within seconds', () => {
  const shut = run(times(20, { workerCpu: 1, loopDelayMs: 0 })).at(-1) ?? openAdmission;
  const after = run(times(3, { workerCpu: 0.3, loopDelayMs: 0 }), shut);
  expect(after.map(({ refuses }) => refuses)).toEqual(['worker-cpu', null, null]);
});
