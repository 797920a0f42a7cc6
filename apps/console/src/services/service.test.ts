import { FakeClock, silentLogger } from '@guildhall/kit';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { restartDelayMs } from './backoff.ts';
import type { Child, ChildExit, SpawnRequest } from './child.ts';
import { LogFile } from './log-file.ts';
import { Service } from './service.ts';

const directory = mkdtempSync(join(tmpdir(), 'console-'));
afterAll(() => rmSync(directory, { recursive: true, force: true }));

/** A child that does what the test says. */
class FakeChild implements Child {
  readonly pid: number;
  readonly exited: Promise<ChildExit>;
  readonly signals: string[] = [];
  readonly told: unknown[] = [];
  readonly request: SpawnRequest;
  readonly end: (exit: ChildExit) => void;
  obeysTerm = true;

  constructor(pid: number, request: SpawnRequest) {
    this.pid = pid;
    this.request = request;
    const { promise, resolve } = Promise.withResolvers<ChildExit>();
    this.exited = promise;
    this.end = resolve;
  }

  send(message: unknown): void {
    this.told.push(message);
  }

  kill(signal: 'SIGTERM' | 'SIGKILL'): void {
    this.signals.push(signal);
    if (signal === 'SIGKILL' || this.obeysTerm) this.end({ code: null, signal });
  }
}

function createService() {
  const clock = new FakeClock();
  const children: FakeChild[] = [];
  const ready = new Set<number>();
  const service = new Service({
    name: 'mmr',
    command: ['mmr.ts'],
    env: () => ({}),
    log: new LogFile(join(directory, `${Math.random()}.log`)),
    spawn: (request) => {
      const child = new FakeChild(100 + children.length, request);
      children.push(child);
      return child;
    },
    isReady: (pid) => Promise.resolve(ready.has(pid)),
    clock,
    logger: silentLogger,
  });
  const last = (): FakeChild => {
    const child = children.at(-1);
    if (!child) throw new Error('nothing was started');
    return child;
  };
  return { clock, children, ready, service, last };
}

const killed = { code: null, signal: 'SIGKILL' } as const;

describe('a supervised service', () => {
  test('is starting until it says that it is ready', async () => {
    const { clock, ready, service } = createService();
    expect(service.status).toMatchObject({ state: 'stopped', pid: null, wanted: 'stopped' });
    await service.start();
    expect(service.status).toMatchObject({ state: 'starting', pid: 100, wanted: 'running' });
    ready.add(100);
    await clock.advance(100);
    expect(service.status.state).toBe('running');
    await service.start();
    expect(service.status.pid).toBe(100);
    await service.close();
    await service.close();
  });

  test('that is killed is back at once, and says how it ended', async () => {
    const { clock, children, service, last } = createService();
    await service.start();
    await clock.advance(60_000);
    last().end(killed);
    await clock.advance(0);
    expect(children).toHaveLength(2);
    expect(service.status).toMatchObject({ restarts: 1, pid: 101, lastExit: { reason: 'signal SIGKILL' } });
    await service.close();
  });

  test('that keeps dying waits longer each time and is called failing, with its last words', async () => {
    const { clock, children, service, last } = createService();
    await service.start();
    const dieAt: number[] = [];
    for (let death = 0; death < 9; death++) {
      last().request.onLine(
        'out',
        JSON.stringify({ level: 'fatal', msg: 'mmr cannot start: port 8443 is taken' }),
      );
      const before = children.length;
      last().end({ code: 1, signal: null });
      const startMs = clock.monotonicMs();
      while (children.length === before) await clock.advance(10);
      dieAt.push(clock.monotonicMs() - startMs);
    }
    expect(dieAt[0]).toBeLessThanOrEqual(50);
    for (const [index, waitMs] of dieAt.entries())
      expect(waitMs).toBeLessThanOrEqual(restartDelayMs(index + 1) + 10);
    expect(dieAt.at(-1)).toBeGreaterThanOrEqual(10_000);
    expect(service.status).toMatchObject({
      state: 'failing',
      restarts: 9,
      lastExit: { reason: 'exit code 1: mmr cannot start: port 8443 is taken' },
    });
    // Thirty quiet seconds, and the next death counts as the first again.
    await clock.advance(31_000);
    const before = children.length;
    last().end(killed);
    await clock.advance(0);
    expect(children.length).toBe(before + 1);
    await service.close();
  });

  test('whose configuration is refused is failing at once and tried again slowly', async () => {
    const { clock, children, service, last } = createService();
    await service.start();
    last().end({ code: 78, signal: null });
    await clock.advance(9_000);
    expect(service.status.state).toBe('failing');
    expect(children).toHaveLength(1);
    await clock.advance(1_500);
    expect(children).toHaveLength(2);
    await service.close();
  });

  test('is stopped gently, then not, and stays stopped', async () => {
    const { clock, children, service, last } = createService();
    await service.start();
    last().obeysTerm = false;
    const stopping = service.stop();
    await clock.advance(3_900);
    expect(service.status.state).toBe('stopping');
    expect(last().signals).toEqual(['SIGTERM']);
    await clock.advance(200);
    await stopping;
    expect(last().signals).toEqual(['SIGTERM', 'SIGKILL']);
    await clock.advance(60_000);
    expect(children).toHaveLength(1);
    expect(service.status).toMatchObject({ state: 'stopped', wanted: 'stopped', lastExit: null });
  });

  test('stopping while a restart is due cancels it; two presses of Start start one', async () => {
    const { clock, children, service, last } = createService();
    await service.start();
    for (let death = 0; death < 2; death++) {
      last().end(killed);
      await clock.advance(1);
    }
    await service.stop();
    await clock.advance(60_000);
    expect(children).toHaveLength(2);
    await Promise.all([service.start(), service.start()]);
    expect(children).toHaveLength(3);
    await service.restart();
    expect(children).toHaveLength(4);
    expect(service.status).toMatchObject({ restarts: 0, wanted: 'running' });
    await service.close();
  });
});

test('a log file is rotated by size and keeps so many', () => {
  const path = join(directory, 'rotated.log');
  const log = new LogFile(path, { maxBytes: 20, keep: 2 });
  for (let line = 1; line <= 9; line++) log.write(`line number ${line}`);
  log.close();
  log.write('after the close');
  expect(readFileSync(path, 'utf8')).toBe('line number 9\n');
  expect(readFileSync(`${path}.1`, 'utf8')).toBe('line number 7\nline number 8\n');
  expect(readFileSync(`${path}.2`, 'utf8')).toBe('line number 5\nline number 6\n');
  expect(() => readFileSync(`${path}.3`)).toThrow('ENOENT');
});
