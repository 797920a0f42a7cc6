import { FakeClock, silentLogger } from '@guildhall/kit';
import { AccountIdSchema, NodeIdSchema, RouterIdSchema, ZoneIdSchema } from '@guildhall/protocol';
import { GuildhallError } from '@guildhall/rpc';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { createMemoryBus } from '../bus/memory.ts';
import { openStore } from '../store/open.ts';
import type { Store } from '../store/port.ts';
import { Live } from './live.ts';
import { watchedBy } from './monitor.ts';
import { Placements } from './placements.ts';
import { Recorder } from './recorder.ts';
import { seriesOf } from './views.ts';

const accountId = AccountIdSchema.parse('acc_0000000001');
const zoneId = ZoneIdSchema.parse('zon_0000000001');
const nodeId = NodeIdSchema.parse('nod_0000000001');
const routerId = RouterIdSchema.parse('rtr_0000000001');
const who = { accountId, zoneId, nodeId, name: 'vm-1' };
const minuteMs = 60_000;
const closers: (() => void | Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).toReversed()) await close();
});

async function scene(change: (store: Store) => Pick<Store, 'samples' | 'events' | 'monitored'> = (s) => s) {
  const dataDir = mkdtempSync(join(tmpdir(), 'guildhall-recorder-'));
  const store = await openStore({ dataDir, newRunId: () => 'run_1' });
  const clock = new FakeClock(Date.UTC(2030, 0, 1, 12));
  const bus = createMemoryBus(silentLogger);
  const live = new Live({ bus, clock });
  const recorder = new Recorder({ live, store: change(store), clock, logger: silentLogger });
  closers.push(
    () => rmSync(dataDir, { recursive: true }),
    () => store.close(),
    () => recorder.close(),
  );
  recorder.start();
  bus.publish('controller.connected', { ...who, version: '0.1.0', urls: [], startedAtMs: 1 });
  const report = (participants: number): void => {
    const load = { participants, meetings: 1, workerCpu: 0.5, bitrateInBps: 10, bitrateOutBps: 20 };
    const status = { routerId, nodeId, version: '0.1.0', state: 'connected', load } as const;
    const routers = [{ ...status, sinceMs: 1 }];
    bus.publish('controller.status', { ...who, routers, meetings: 1, participants });
  };
  /** Time passes while the zone reports, or with undefined does not. */
  const pass = async (minutes: number, participants: number | undefined): Promise<void> => {
    for (let step = 0; step < minutes * 6; step++) {
      if (participants !== undefined) report(participants);
      await clock.advance(10_000);
    }
  };
  const monitor = {
    live,
    placements: new Placements(bus),
    recorder,
    store,
    clock,
    limits: { participantsPerRouter: 1, meetingsPerRouter: 1 },
  };
  const values = async (range: '1h' | '24h' | '7d') => {
    await recorder.close();
    const { values: found } = await seriesOf(monitor, accountId, { metric: 'participants', range });
    return found;
  };
  return { bus, monitor, pass, values, clock, store };
}

test('minutes and quarters are written while the zone reports; a silence is a gap in all of them', async () => {
  const { pass, values } = await scene();
  await pass(10, 4);
  await pass(10, undefined);
  await pass(11, 9);
  const minutes = (await values('24h')).slice(-32);
  // The silence begins when the last word is too old to be trusted.
  expect(minutes.filter((value) => value === 4).length).toBeGreaterThanOrEqual(10);
  expect(minutes.filter((value) => value === 9).length).toBeGreaterThanOrEqual(10);
  expect(minutes.slice(12, 20)).toEqual(Array.from({ length: 8 }, () => null));
  expect((await values('7d')).slice(-3)).toEqual([4, 9, 9]);
  expect((await values('1h')).filter((value) => value !== null).length).toBeGreaterThan(100);
});

test('what could not be stored while the database was away is stored when it is back', async () => {
  let isAway = true;
  const { pass, values } = await scene((store) => ({
    events: store.events,
    monitored: store.monitored,
    samples: Object.assign(Object.create(store.samples), {
      put: async (samples: Parameters<Store['samples']['put']>[0]) => {
        if (isAway) throw new GuildhallError('store.unavailable', 'away');
        await store.samples.put(samples);
      },
      rollUp: store.samples.rollUp.bind(store.samples),
      prune: store.samples.prune.bind(store.samples),
    }),
  }));
  await pass(5, 3);
  isAway = false;
  await pass(3, 3);
  expect((await values('24h')).filter((value) => value === 3).length).toBeGreaterThanOrEqual(7);
});

test('minutes are forgotten after two days, an hour of raw values after an hour', async () => {
  const { pass, values, clock, store } = await scene();
  await pass(2, 5);
  await clock.advance(49 * 60 * minuteMs);
  await pass(2, 5);
  expect((await values('1h')).filter((value) => value !== null).length).toBeLessThanOrEqual(15);
  const all = {
    accountId,
    scopeId: accountId,
    metric: 'participants',
    fromMs: 0,
    untilMs: clock.now(),
  } as const;
  expect((await store.samples.series({ ...all, stepMs: minuteMs, bucketMs: minuteMs })).length).toBeLessThan(
    4,
  );
  const quarters = { stepMs: 15 * minuteMs, bucketMs: 15 * minuteMs };
  expect((await store.samples.series({ ...all, ...quarters })).length).toBe(2);
});

test('alerts see when the certificate of a controller ends; of one server the earlier end counts', async () => {
  const { bus, pass, monitor, clock } = await scene();
  await pass(1, 1);
  const certificates = (account: typeof accountId) => watchedBy(monitor).certificates(account);
  expect(certificates(accountId)).toEqual([]);
  bus.publish('controller.certificate', { ...who, expiresAtMs: 900 });
  await pass(1, 1);
  expect(certificates(accountId)).toEqual([{ nodeId, endsAtMs: 900 }]);
  const quality = { startedAtMs: 1, addresses: [], workers: [], meetings: [] };
  const told = { ...who, routerNodeId: nodeId };
  bus.publish('router.quality', { ...told, report: { ...quality, certificateExpiresAtMs: 700 } });
  await clock.advance(1);
  expect(certificates(accountId)).toEqual([{ nodeId, endsAtMs: 700 }]);
  bus.publish('controller.gone', who);
  await clock.advance(1);
  expect(certificates(accountId)).toEqual([]);
});
