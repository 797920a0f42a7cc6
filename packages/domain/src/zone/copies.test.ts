import { expect, test } from 'vitest';
import { covers, including, keep, type Included, type Kept, type Stored } from './copies.ts';

const copy = (epoch: number, rev: number, ...includes: Included[]): Stored => ({ epoch, rev, includes });
const kept = (current: Stored | null, ...leftovers: Stored[]): Kept<Stored> => ({ current, leftovers });

test('a copy covers itself up to its revision, and what it took in up to the revision it took', () => {
  const one = copy(2, 5, { epoch: 1, rev: 3 });
  expect(covers(one, { epoch: 2, rev: 5 })).toBe(true);
  expect(covers(one, { epoch: 2, rev: 6 })).toBe(false);
  expect(covers(one, { epoch: 1, rev: 3 })).toBe(true);
  expect(covers(one, { epoch: 1, rev: 4 })).toBe(false);
  expect(including([{ epoch: 1, rev: 3 }], [{ epoch: 1, rev: 2 }])).toEqual([{ epoch: 1, rev: 3 }]);
});

test('an older copy is told so, stays beside the newer one until that has it, and never takes its place', () => {
  const newer = copy(2, 1);
  const older = copy(1, 9);
  const after = keep(kept(newer), older, 2);
  expect(after).toEqual({ kept: kept(newer, older), isStale: true });
  // Also when the newer one has stored nothing yet.
  expect(keep(kept(null), older, 2)).toEqual({ kept: kept(null, older), isStale: true });
  const merged = copy(2, 2, { epoch: 1, rev: 9 });
  expect(keep(after.kept, merged, 2)).toEqual({ kept: kept(merged), isStale: false });
  // It repeats itself: nothing is left to be merged.
  expect(keep(kept(merged), older, 2).kept).toEqual(kept(merged));
});

test('a newer copy that took in only a part leaves the rest beside it', () => {
  const older = copy(1, 9);
  const part = copy(2, 1, { epoch: 1, rev: 8 });
  expect(keep(kept(older), part, 1).kept).toEqual(kept(part, older));
});

test('of one copy the newest revision is kept, here and among what is left', () => {
  const newest = copy(1, 9);
  expect(keep(kept(newest), copy(1, 8), 1)).toEqual({ kept: kept(newest), isStale: false });
  const current = copy(2, 1);
  const once = keep(kept(current, copy(1, 8)), newest, 2);
  expect(once.kept).toEqual(kept(current, newest));
  expect(keep(once.kept, copy(1, 8), 2).kept).toEqual(kept(current, newest));
});
