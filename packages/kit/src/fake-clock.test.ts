import { describe, expect, test } from 'vitest';
import { FakeClock } from './fake-clock.ts';
import { seededRandom } from './random.ts';

describe('FakeClock', () => {
  test('runs timers in order of time and then of making, with the time they were set for', async () => {
    const clock = new FakeClock(1_000);
    const log: string[] = [];
    clock.setTimeout(() => log.push(`b ${clock.now()}`), 20);
    clock.setTimeout(() => log.push(`a ${clock.now()}`), 10);
    clock.setTimeout(() => log.push(`c ${clock.now()}`), 20);
    clock.setTimeout(() => log.push('never'), 10).cancel();
    await clock.advance(30);
    expect(log).toEqual(['a 1010', 'b 1020', 'c 1020']);
    expect(clock.now()).toBe(1_030);
    expect(clock.monotonicMs()).toBe(30);
    expect(clock.timers).toBe(0);
  });

  test('sees timers which continuations set while time passes', async () => {
    const clock = new FakeClock(0);
    const at: number[] = [];
    const run = async (): Promise<void> => {
      for (let round = 0; round < 3; round++) {
        await clock.sleep(10);
        at.push(clock.now());
      }
    };
    void run();
    await clock.advance(100);
    expect(at).toEqual([10, 20, 30]);
  });

  test('intervals run until cancelled; a sleep ends with its signal', async () => {
    const clock = new FakeClock(0);
    let beats = 0;
    const beat = clock.setInterval(() => void beats++, 10);
    await clock.advance(35);
    beat.cancel();
    await clock.advance(100);
    expect(beats).toBe(3);
    const abort = new AbortController();
    const sleeping = clock.sleep(10, abort.signal);
    abort.abort(new Error('enough'));
    await expect(sleeping).rejects.toThrow('enough');
    await expect(clock.sleep(10, abort.signal)).rejects.toThrow('enough');
    expect(clock.timers).toBe(0);
  });
});

test('a seeded random repeats itself and fills its range', () => {
  const left = seededRandom(7);
  const right = seededRandom(7);
  const floats = Array.from({ length: 1_000 }, () => left.float());
  expect(Array.from({ length: 1_000 }, () => right.float())).toEqual(floats);
  expect(Math.min(...floats)).toBeLessThan(0.01);
  expect(Math.max(...floats)).toBeGreaterThan(0.99);
  expect(floats.every((value) => value >= 0 && value < 1)).toBe(true);
});
