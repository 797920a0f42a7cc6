import { FakeClock, openSqlite, silentLogger } from '@guildhall/kit';
import { serviceNames, type VmRole } from '@guildhall/protocol';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { migrations } from '../store/schema.ts';
import { ServiceMemoryStore } from '../store/service-memory.ts';
import { WantedStore } from '../store/wanted.ts';
import type { ChildExit } from './child.ts';
import { Service } from './service.ts';
import { ServiceLog } from './service-log.ts';
import { Supervisor } from './supervisor.ts';

const directory = mkdtempSync(join(tmpdir(), 'console-supervisor-'));
afterAll(() => rmSync(directory, { recursive: true, force: true }));

/** A console on the same disk as the one before; its children do as they are told. */
function createSupervisor(database = openSqlite(':memory:', { migrations }), role?: VmRole) {
  const node = { role };
  const clock = new FakeClock();
  const memory = new ServiceMemoryStore(database);
  const started: string[] = [];
  const services = serviceNames.map(
    (name) =>
      new Service({
        name,
        command: [`${name}.ts`],
        env: () => ({}),
        log: new ServiceLog(join(directory, `${name}.log`), { clock }),
        spawn: () => {
          started.push(name);
          const { promise: exited, resolve } = Promise.withResolvers<ChildExit>();
          return {
            pid: 1,
            birth: `${name} ${started.length}`,
            exited,
            kill: (signal) => resolve({ code: null, signal }),
          };
        },
        adopt: () => {
          throw new Error('nothing runs');
        },
        findRunning: () => undefined,
        birthOf: () => undefined,
        memory,
        limits: { confine: () => undefined, watch: () => undefined, endedBy: () => undefined },
        isReady: () => Promise.resolve(true),
        clock,
        logger: silentLogger,
      }),
  );
  const supervisor = new Supervisor({ services, wanted: new WantedStore(database), role: () => node.role });
  return { supervisor, started, node, database };
}

describe('the supervisor', () => {
  test('starts nothing before the node is paired, and what belongs to the role after', async () => {
    const { supervisor, started, node } = createSupervisor();
    await supervisor.resume();
    await expect(supervisor.act('mmr', 'start')).rejects.toMatchObject({ code: 'service.not-paired' });
    expect(started).toEqual([]);
    node.role = 'controller';
    await supervisor.identityChanged();
    expect(started.toSorted()).toEqual(['mmr', 'zctrl']);
    node.role = 'mmr';
    await supervisor.identityChanged();
    expect(started.toSorted()).toEqual(['mmr', 'mmr', 'zctrl']);
    expect(supervisor.status.map(({ name }) => name)).toEqual(['mmr']);
    await expect(supervisor.act('zctrl', 'start')).rejects.toMatchObject({ code: 'service.unknown' });
    supervisor.close();
  });

  test('remembers across a restart of the console what the operator stopped', async () => {
    const first = createSupervisor(undefined, 'controller');
    await first.supervisor.resume();
    await first.supervisor.act('mmr', 'stop');
    first.supervisor.close();
    const second = createSupervisor(first.database, 'controller');
    await second.supervisor.resume();
    expect(second.started).toEqual(['zctrl']);
    expect(second.supervisor.status).toMatchObject([
      { name: 'zctrl', wanted: 'running' },
      { name: 'mmr', wanted: 'stopped', state: 'stopped' },
    ]);
    await second.supervisor.act('mmr', 'start');
    expect(second.started).toEqual(['zctrl', 'mmr']);
    second.supervisor.close();
    second.supervisor.close();
  });
});
