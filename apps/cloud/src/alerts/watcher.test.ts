import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FakeClock, seededRandom, silentLogger } from '@guildhall/kit';
import { AccountIdSchema, NodeIdSchema, ZoneIdSchema, type MonitoredService } from '@guildhall/protocol';
import { expect, test } from 'vitest';
import { createMemoryBus } from '../bus/memory.ts';
import { createIds } from '../ids.ts';
import { openStore } from '../store/open.ts';
import { Watcher } from './watcher.ts';

test('a node that is gone for its minutes is told once to every target, also over a restart, and once when it is back', async () => {
  const dataDir = mkdtempSync(join(tmpdir(), 'guildhall-watcher-'));
  const store = await openStore({ dataDir, newRunId: () => 'run_1' });
  const clock = new FakeClock(Date.UTC(2030, 0, 1));
  const ids = createIds(seededRandom(1));
  const accountId = AccountIdSchema.parse('acc_0000000001');
  const authority = { certPem: 'none', keyPem: 'none' };
  await store.accounts.insert({ id: accountId, name: 'Acme', authority, createdAtMs: 1 });
  const target = {
    accountId,
    kind: 'email',
    address: 'a@example.org',
    secret: null,
    createdAtMs: 1,
  } as const;
  await store.alerts.addTarget({ ...target, id: 'alt_1', name: 'on', enabled: 1 });
  await store.alerts.addTarget({ ...target, id: 'alt_2', name: 'off', enabled: 0 });
  const condition = { kind: 'node-gone', minutes: 5 } as const;
  await store.alerts.addRule({ id: 'alr_1', accountId, condition, enabled: true, createdAtMs: 1 });
  const service: MonitoredService = {
    nodeId: NodeIdSchema.parse('nod_0000000001'),
    service: 'zctrl',
    name: 'vm-1',
    zoneId: ZoneIdSchema.parse('zon_0000000001'),
    state: 'connected',
    why: null,
    version: '0.1.0',
    addresses: [],
    startedAtMs: null,
    lastSeenMs: null,
    meetings: 0,
    participants: 0,
    capacity: null,
    cpu: null,
    bitrateInBps: null,
    bitrateOutBps: null,
    mos: null,
  };
  const bus = createMemoryBus(silentLogger);
  const events: string[] = [];
  bus.subscribe('account.event', ({ kind, label }) => events.push(`${kind} ${label}`));
  const newWatcher = () =>
    new Watcher({
      store,
      watched: { services: async () => [service], certificates: () => [], quality: () => [] },
      bus,
      ids,
      clock,
      logger: silentLogger,
    });
  let watcher = newWatcher();
  const pass = async (minutes: number): Promise<void> => {
    for (let minute = 0; minute < minutes; minute++) {
      await clock.advance(60_000);
      await watcher.look();
    }
  };
  await pass(2);
  Object.assign(service, { state: 'unreachable' });
  await pass(4);
  await watcher.close();
  watcher = newWatcher();
  await pass(10);
  expect(events).toEqual(['alert.raised vm-1 (zctrl)']);
  Object.assign(service, { state: 'connected' });
  await pass(3);
  expect(events).toEqual(['alert.raised vm-1 (zctrl)', 'alert.cleared vm-1 (zctrl)']);
  const told = await store.alerts.deliveries(accountId);
  expect(told.map(({ targetId, subject }) => `${targetId} ${subject}`)).toEqual([
    'alt_1 Guildhall: node-gone cleared: vm-1 (zctrl)',
    'alt_1 Guildhall: node-gone raised: vm-1 (zctrl)',
  ]);
  await watcher.close();
  await store.close();
  rmSync(dataDir, { recursive: true });
});
