import { GuildhallError } from '@guildhall/rpc';
import { expect, test } from 'vitest';
import { raceWays, type Way } from './race.ts';

test('a race that is lost says why, not that its other ways were called off', async () => {
  const busy = new GuildhallError('router.overloaded', 'Try later.', { retryAfterMs: 5_000 });
  const calledOff: Way<never> = async () => {
    throw new GuildhallError('request.cancelled', 'Another way was quicker.');
  };
  const failing: Way<never> = async () => {
    await Promise.resolve();
    throw busy;
  };
  const { signal } = new AbortController();
  await expect(raceWays([calledOff, failing], signal)).rejects.toBe(busy);
  await expect(raceWays([failing, calledOff], signal)).rejects.toBe(busy);
});
