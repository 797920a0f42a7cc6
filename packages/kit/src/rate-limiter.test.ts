import { expect, test } from 'vitest';
import { FakeClock } from './fake-clock.ts';
import { RateLimiter } from './rate-limiter.ts';

test('allows the burst, then says when the next may come, and keeps its word', async () => {
  const clock = new FakeClock();
  const limiter = new RateLimiter({ capacity: 3, refillPerSecond: 0.5, clock });
  expect([1, 2, 3].map(() => limiter.take('a').ok)).toEqual([true, true, true]);
  expect(limiter.take('a')).toEqual({ ok: false, retryAfterMs: 2_000 });
  expect(limiter.take('b').ok).toBe(true);
  await clock.advance(1_999);
  expect(limiter.take('a').ok).toBe(false);
  await clock.advance(1);
  expect(limiter.take('a').ok).toBe(true);
  limiter.reset('a');
  expect([1, 2, 3].map(() => limiter.take('a').ok)).toEqual([true, true, true]);
});

test('a look at what is left takes nothing', () => {
  const limiter = new RateLimiter({ capacity: 1, refillPerSecond: 1, clock: new FakeClock() });
  expect([1, 2, 3].map(() => limiter.check('a').ok)).toEqual([true, true, true]);
  limiter.take('a');
  expect(limiter.check('a')).toEqual({ ok: false, retryAfterMs: 1_000 });
});

test('asking in vain costs nothing more, and a long pause fills no more than the burst', async () => {
  const clock = new FakeClock();
  const limiter = new RateLimiter({ capacity: 2, refillPerSecond: 1, clock });
  for (let count = 0; count < 100; count++) limiter.take('a');
  await clock.advance(1_000);
  expect(limiter.take('a').ok).toBe(true);
  await clock.advance(3_600_000);
  expect([1, 2, 3].map(() => limiter.take('a').ok)).toEqual([true, true, false]);
});

test('a flood of keys stays in bounds, and who asks often is not forgotten by it', () => {
  const limiter = new RateLimiter({
    capacity: 1,
    refillPerSecond: 0.001,
    maxKeys: 100,
    clock: new FakeClock(),
  });
  limiter.take('attacker');
  for (let count = 0; count < 10_000; count++) {
    limiter.take(`other ${count}`);
    expect(limiter.take('attacker').ok).toBe(false);
  }
  expect(limiter.keys).toBe(100);
});
