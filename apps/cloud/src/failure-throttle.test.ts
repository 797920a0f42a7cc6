import { FakeClock } from '@guildhall/kit';
import { expect, test } from 'vitest';
import { FailureThrottle } from './failure-throttle.ts';

const options = { free: 3, firstDelayMs: 1_000, maxDelayMs: 8_000, forgetAfterMs: 60_000 };
const fail = (throttle: FailureThrottle, key: string, times: number): void => {
  for (let i = 0; i < times; i++) throttle.fail(key);
};

test('the first failures cost nothing, then the wait doubles up to its limit', () => {
  const throttle = new FailureThrottle({ ...options, clock: new FakeClock() });
  const waits = Array.from({ length: 8 }, () => {
    throttle.fail('a');
    return throttle.waitMs('a');
  });
  expect(waits).toEqual([0, 0, 1_000, 2_000, 4_000, 8_000, 8_000, 8_000]);
  expect(throttle.waitMs('b')).toBe(0);
});

test('a wait passes, and a key that stays quiet starts over', async () => {
  const clock = new FakeClock();
  const throttle = new FailureThrottle({ ...options, clock });
  fail(throttle, 'a', 4);
  await clock.advance(1_500);
  expect(throttle.waitMs('a')).toBe(500);
  await clock.advance(500);
  expect(throttle.waitMs('a')).toBe(0);
  throttle.fail('a');
  expect(throttle.waitMs('a')).toBe(4_000);
  await clock.advance(60_000);
  expect(throttle.failures('a')).toBe(0);
});

test('a key that proved itself is clear; a guarded one has fewer free failures', () => {
  const throttle = new FailureThrottle({ ...options, clock: new FakeClock() });
  throttle.fail('a');
  expect(throttle.waitMs('a', 1)).toBe(1_000);
  throttle.clear('a');
  expect(throttle.waitMs('a', 1)).toBe(0);
});

test('memory is bounded: who failed longest ago is forgotten', () => {
  const throttle = new FailureThrottle({ ...options, maxKeys: 100, clock: new FakeClock() });
  fail(throttle, 'old', 5);
  for (let i = 0; i < 99; i++) throttle.fail(`key ${i}`);
  expect(throttle.failures('old')).toBe(5);
  throttle.fail('one more');
  expect(throttle.failures('old')).toBe(0);
  expect(throttle.failures('key 0')).toBe(1);
});
