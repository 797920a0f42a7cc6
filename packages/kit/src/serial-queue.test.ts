import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { FakeClock } from './fake-clock.ts';
import { SerialQueue } from './serial-queue.ts';

test('runs tasks one at a time and in order, whatever their length and their failures', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.record({ delayMs: fc.nat(50), fails: fc.boolean() }), { maxLength: 30 }),
      async (plan) => {
        const clock = new FakeClock();
        const queue = new SerialQueue();
        const log: string[] = [];
        const results = plan.map(({ delayMs, fails }, index) =>
          queue.run(async () => {
            log.push(`start ${index}`);
            await clock.sleep(delayMs);
            log.push(`end ${index}`);
            if (fails) throw new Error(`failed ${index}`);
            return index;
          }),
        );
        const settled = Promise.allSettled(results);
        await clock.advance(50 * plan.length);
        const outcomes = (await settled).map((one) =>
          one.status === 'fulfilled' ? one.value : String(one.reason),
        );
        expect(outcomes).toEqual(plan.map(({ fails }, index) => (fails ? `Error: failed ${index}` : index)));
        expect(log).toEqual(plan.flatMap((_, index) => [`start ${index}`, `end ${index}`]));
        expect(queue.size).toBe(0);
      },
    ),
    { numRuns: 40 },
  );
});

test('refuses beyond its length, and takes more when there is room again', async () => {
  const queue = new SerialQueue({ name: 'meeting 123', maxLength: 2 });
  const gate = Promise.withResolvers<void>();
  const first = queue.run(() => gate.promise);
  const second = queue.run(() => 'second');
  let ran = false;
  const third = queue.run(() => {
    ran = true;
  });
  await expect(third).rejects.toMatchObject({
    code: 'overloaded',
    message: expect.stringContaining('meeting 123'),
  });
  gate.resolve();
  await first;
  expect(await second).toBe('second');
  expect(ran).toBe(false);
  expect(await queue.run(() => 'fourth')).toBe('fourth');
});

test('close waits for what was taken and refuses the rest', async () => {
  const queue = new SerialQueue();
  const gate = Promise.withResolvers<string>();
  const taken = queue.run(() => gate.promise);
  const closing = Promise.all([queue.close(), queue.close()]);
  await expect(queue.run(() => 1)).rejects.toMatchObject({ code: 'overloaded' });
  gate.resolve('done');
  await closing;
  expect(await taken).toBe('done');
  expect(queue.isClosed).toBe(true);
});
