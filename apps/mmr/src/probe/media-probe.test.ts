import { FakeClock, silentLogger } from '@guildhall/kit';
import { afterEach, expect, test } from 'vitest';
import { createFakeEngine } from '../engine/fake/index.ts';
import { MediaProbes } from './media-probe.ts';

const clock = new FakeClock();
const engine = createFakeEngine({ workerCount: 2, logger: silentLogger });
const probes = new MediaProbes({ engine, clock });
const request = {
  dtlsParameters: {
    role: 'client',
    fingerprints: [{ algorithm: 'sha-256', value: Array.from({ length: 32 }, () => 'AB').join(':') }],
  },
};
const rooms = (): number => engine.workers().reduce((sum, worker) => sum + worker.rooms, 0);

afterEach(() => probes.close());

test('every address of every worker gets a place with credentials of its own', async () => {
  const { places, closesAfterMs } = await probes.open(request);
  expect(rooms()).toBe(2);
  expect(closesAfterMs).toBeGreaterThan(5_000);
  const secrets = places.map(({ iceParameters }) => iceParameters.password);
  expect(places).toHaveLength(2);
  expect(new Set(secrets).size).toBe(2);
});

test('one at a time, closed by itself, and then the next', async () => {
  await probes.open(request);
  await expect(probes.open(request)).rejects.toMatchObject({ code: 'media.limit' });
  await clock.advance(10_000);
  expect(rooms()).toBe(0);
  await probes.open(request);
  probes.close();
  probes.close();
  expect(rooms()).toBe(0);
});

test('nonsense opens nothing, and the next is served', async () => {
  await expect(probes.open({ dtlsParameters: {} })).rejects.toMatchObject({ code: 'request.invalid' });
  expect(rooms()).toBe(0);
  await probes.open(request);
});
