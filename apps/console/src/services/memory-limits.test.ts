import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { silentLogger } from '@guildhall/kit';
import { afterEach, expect, test } from 'vitest';
import { MemoryLimits } from './memory-limits.ts';

const directories: string[] = [];
afterEach(() => {
  for (const directory of directories.splice(0)) rmSync(directory, { recursive: true, force: true });
});

/** Folders that look like /sys/fs/cgroup and /proc; writing to them does what a file does. */
function machine({ group = '/system.slice/console.service', controllers = 'cpu memory pids' } = {}) {
  const root = mkdtempSync(join(tmpdir(), 'cgroup-'));
  directories.push(root);
  const write = (path: string, text: string): void => {
    mkdirSync(join(root, path, '..'), { recursive: true });
    writeFileSync(join(root, path), text);
  };
  const read = (path: string): string => readFileSync(join(root, path), 'utf8');
  write('proc/self/cgroup', `1:name=systemd:/\n0::${group}\n`);
  const base = group.replace(/\/console$/u, '');
  write(`cgroup${base}/cgroup.controllers`, `${controllers}\n`);
  const process = (pid: number, kiB: number, children: readonly number[] = []): void => {
    write(`proc/${pid}/status`, `Name:\tnode\nVmRSS:\t  ${kiB} kB\nThreads:\t11\n`);
    write(`proc/${pid}/task/${pid}/children`, children.length === 0 ? '' : `${children.join(' ')} `);
  };
  const limits = (totalMiB = { zctrl: 0, mmr: 512 }, heapMiB = { zctrl: 256, mmr: 0 }) =>
    new MemoryLimits({
      totalMiB,
      heapMiB,
      cgroupRoot: join(root, 'cgroup'),
      procRoot: join(root, 'proc'),
      logger: silentLogger,
    });
  return { write, read, process, limits, base: `cgroup${base}` };
}

test('a service and its workers are put under the limit, and what they take is seen', () => {
  const { read, process, limits, base } = machine();
  process(70, 100_000, [71, 72]);
  process(71, 20_000);
  process(72, 30_000, [73]);
  process(73, 1_000);
  const made = limits();
  expect(read(`${base}/cgroup.subtree_control`)).toBe('+memory');
  expect(read(`${base}/console/cgroup.procs`)).toBe(String(globalThis.process.pid));
  made.confine('mmr', 70);
  expect(read(`${base}/mmr/memory.max`)).toBe(String(512 * 1024 * 1024));
  expect(read(`${base}/mmr/memory.oom.group`)).toBe('1');
  expect(read(`${base}/mmr/cgroup.procs`)).toBe('70');
  expect(made.use('mmr', 70)).toEqual({
    usedBytes: 151_000 * 1024,
    limitBytes: 512 * 1024 * 1024,
    limitOf: 'total',
  });
  process(80, 5_000);
  made.confine('zctrl', 80);
  expect(made.use('zctrl', 80)).toEqual({
    usedBytes: 5_000 * 1024,
    limitBytes: 256 * 1024 * 1024,
    limitOf: 'heap',
  });
  expect(made.use('mmr', 99)).toBeUndefined();
});

test('a kill by the kernel is the reason of the end, once; also after a restart of the console', () => {
  const { write, limits, base } = machine();
  const first = limits();
  first.confine('mmr', 70);
  expect(first.endedBy('mmr')).toBeUndefined();
  write(`${base}/mmr/memory.events`, 'low 0\nmax 7\noom 1\noom_kill 3\noom_group_kill 1\n');
  expect(first.endedBy('mmr')).toBe('ended by the memory limit (512 MiB with its media workers)');
  first.confine('mmr', 71);
  expect(first.endedBy('mmr')).toBeUndefined();
  const second = limits();
  second.watch('mmr');
  expect(second.endedBy('mmr')).toBeUndefined();
});

test('a console that is in its own group already is not moved further down', () => {
  const { read, limits, base } = machine({ group: '/system.slice/console.service/console' });
  limits();
  expect(read(`${base}/cgroup.subtree_control`)).toBe('+memory');
  expect(() => read(`${base}/console/console/cgroup.procs`)).toThrow('ENOENT');
});

test('without a cgroup that can be written nothing fails, and only the limit of the heap is named', () => {
  const { process, limits } = machine({ controllers: 'cpu' });
  process(70, 1_000);
  const made = limits(undefined, { zctrl: 0, mmr: 64 });
  made.confine('mmr', 70);
  expect(made.use('mmr', 70)).toMatchObject({ limitBytes: 64 * 1024 * 1024, limitOf: 'heap' });
  expect(made.endedBy('mmr')).toBeUndefined();
});

test('nobody asked for a limit: no group is touched', () => {
  const { read, limits, process, base } = machine();
  process(70, 1_000);
  const made = limits({ zctrl: 0, mmr: 0 }, { zctrl: 0, mmr: 0 });
  expect(() => read(`${base}/cgroup.subtree_control`)).toThrow('ENOENT');
  expect(made.use('mmr', 70)).toMatchObject({ limitBytes: null, limitOf: 'none' });
});
