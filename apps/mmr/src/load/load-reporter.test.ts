import { admitRules } from '@guildhall/domain';
import { FakeClock, silentLogger } from '@guildhall/kit';
import { expect, test } from 'vitest';
import { createFakeEngine } from '../engine/fake/index.ts';
import { LoadReporter } from './load-reporter.ts';

test('a worker that stays busy shuts the door, and a report says so; it opens when the load falls', async () => {
  const clock = new FakeClock();
  const engine = createFakeEngine({ logger: silentLogger });
  const told: (string | null)[] = [];
  let loopDelayMs = 0;
  const reporter: LoadReporter = new LoadReporter({
    engine,
    participants: () => [3, 4],
    report: () => told.push(reporter.overload),
    loopDelayMs: () => loopDelayMs,
    rules: admitRules({ workerCpu: 0.8, loopDelayMs: 100 }),
    clock,
    logger: silentLogger,
  });
  reporter.start();
  engine.setCpu(1, 0.95);
  await clock.advance(2_000);
  expect(reporter.overload).toBeNull();
  await clock.advance(10_000);
  expect([reporter.overload, told.at(-1)]).toEqual(['worker-cpu', 'worker-cpu']);
  engine.setCpu(1, 0.3);
  await clock.advance(10_000);
  expect([reporter.overload, told.at(-1)]).toEqual([null, null]);
  loopDelayMs = 500;
  await clock.advance(10_000);
  expect(reporter.overload).toBe('event-loop');
  expect(reporter.current).toMatchObject({ participants: 7, meetings: 2, workerCpu: 0.3 });
  reporter.close();
  await engine.close();
});

test('a hundred people who come within a moment are two reports: the first at once, the last with all of them', async () => {
  const clock = new FakeClock();
  let people = 0;
  const told: number[] = [];
  const reporter: LoadReporter = new LoadReporter({
    engine: createFakeEngine({ logger: silentLogger }),
    participants: () => [people],
    report: () => told.push(reporter.current.participants),
    loopDelayMs: () => 0,
    rules: admitRules({ workerCpu: 0.8, loopDelayMs: 100 }),
    clock,
    logger: silentLogger,
  });
  const come = async (): Promise<void> => {
    people += 1;
    reporter.changed();
    await clock.advance(1);
  };
  await come();
  expect(told).toEqual([1]);
  for (let count = 1; count < 100; count++) await come();
  await clock.advance(1_000);
  expect(told).toEqual([1, 100]);
  reporter.close();
});
