import { FakeClock, openSqlite, silentLogger } from '@guildhall/kit';
import { appendFileSync, closeSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { restartDelayMs } from './backoff.ts';
import { migrations } from '../store/schema.ts';
import { ServiceMemoryStore } from '../store/service-memory.ts';
import { adoptProcess, type Child, type ChildExit } from './child.ts';
import { Service, type RunningProcess } from './service.ts';
import { ServiceLog } from './service-log.ts';

const directory = mkdtempSync(join(tmpdir(), 'console-'));
afterAll(() => rmSync(directory, { recursive: true, force: true }));

/** A child that does what the test says. */
class FakeChild implements Child {
  readonly pid: number;
  readonly exited: Promise<ChildExit>;
  readonly signals: string[] = [];
  readonly birth: string;
  readonly end: (exit: ChildExit) => void;
  obeysTerm = true;

  constructor(pid: number) {
    this.pid = pid;
    this.birth = `boot/${pid}`;
    const { promise, resolve } = Promise.withResolvers<ChildExit>();
    this.exited = promise;
    this.end = resolve;
  }

  kill(signal: 'SIGTERM' | 'SIGKILL'): void {
    this.signals.push(signal);
    if (signal === 'SIGKILL' || this.obeysTerm) this.end({ code: null, signal });
  }
}

let logs = 0;

function createService() {
  const clock = new FakeClock();
  const children: FakeChild[] = [];
  const ready = new Set<number>();
  /** What runs on the machine: birth by process id. */
  const births = new Map<number, string>();
  const signals: string[] = [];
  const machine: { runFile: RunningProcess | undefined } = { runFile: undefined };
  const database = openSqlite(':memory:', { migrations });
  const memory = new ServiceMemoryStore(database);
  const logPath = join(directory, `${logs++}.log`);
  const createNext = (): Service =>
    new Service({
      name: 'mmr',
      command: ['mmr.ts'],
      env: () => ({}),
      log: new ServiceLog(logPath, { clock }),
      spawn: ({ output }) => {
        closeSync(output);
        const child = new FakeChild(100 + children.length);
        children.push(child);
        births.set(child.pid, child.birth);
        void child.exited.then(() => births.delete(child.pid));
        return child;
      },
      adopt: adoptProcess(clock, {
        birthOf: (pid) => births.get(pid),
        kill: (pid, signal) => {
          signals.push(`${signal} ${pid}`);
          births.delete(pid);
        },
      }),
      findRunning: () => machine.runFile,
      birthOf: (pid) => births.get(pid),
      memory,
      limits: { confine: () => undefined, watch: () => undefined, endedBy: () => undefined },
      isReady: (pid) => Promise.resolve(ready.has(pid)),
      clock,
      logger: silentLogger,
    });
  const service = createNext();
  const last = (): FakeChild => {
    const child = children.at(-1);
    if (!child) throw new Error('nothing was started');
    return child;
  };
  return { clock, children, ready, births, signals, machine, database, logPath, service, createNext, last };
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
    service.close();
    service.close();
  });

  test('that is killed is back at once, and says how it ended', async () => {
    const { clock, children, service, last } = createService();
    await service.start();
    await clock.advance(60_000);
    last().end(killed);
    await clock.advance(0);
    expect(children).toHaveLength(2);
    expect(service.status).toMatchObject({ restarts: 1, pid: 101, lastExit: { reason: 'signal SIGKILL' } });
    service.close();
  });

  test('that keeps dying waits longer each time and is called failing, with its last words', async () => {
    const { clock, children, service, last, logPath } = createService();
    await service.start();
    const dieAt: number[] = [];
    for (let death = 0; death < 9; death++) {
      const line = { level: 'fatal', msg: 'mmr cannot start: port 8443 is taken' };
      appendFileSync(logPath, `${JSON.stringify(line)}\n`);
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
    service.close();
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
    service.close();
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
    service.close();
  });
});

describe('the next console', () => {
  /** A router that runs since a minute, and whose console is gone. */
  const abandoned = async () => {
    const made = createService();
    await made.service.start();
    made.ready.add(100);
    await made.clock.advance(60_000);
    const { sinceMs } = made.service.status;
    made.service.close();
    return { ...made, sinceMs };
  };

  test('takes over what runs, with its process id and since when, and starts nothing', async () => {
    const { clock, children, createNext, last, sinceMs } = await abandoned();
    await clock.advance(5_000);
    expect(last().signals).toEqual([]);
    const next = createNext();
    await next.start();
    expect(next.status).toMatchObject({
      state: 'running',
      pid: 100,
      sinceMs,
      restarts: 0,
      wanted: 'running',
    });
    expect(next.status.version).toMatch(/^\d/u);
    expect(children).toHaveLength(1);
    next.close();
  });

  test('notices within a second that what it took over ended, with its last words, and starts it again', async () => {
    const { clock, births, children, createNext, logPath } = await abandoned();
    const next = createNext();
    await next.start();
    appendFileSync(logPath, `${JSON.stringify({ level: 'fatal', pid: 100, msg: 'the engine is gone' })}\n`);
    births.delete(100);
    await clock.advance(1_000);
    expect(children).toHaveLength(2);
    expect(next.status).toMatchObject({ restarts: 1, lastExit: { reason: 'ended: the engine is gone' } });
    next.close();
    // And the one after it still knows.
    const third = createNext();
    expect(third.status.lastExit).toMatchObject({ reason: 'ended: the engine is gone' });
    third.close();
  });

  test('knows of an end that nobody watched', async () => {
    const { births, children, createNext, logPath } = await abandoned();
    appendFileSync(
      logPath,
      `{"level":"fatal","pid":100,"msg":"no memory"}\n{"level":"fatal","pid":99,"msg":"no"}\n`,
    );
    births.delete(100);
    const next = createNext();
    await next.start();
    expect(children).toHaveLength(2);
    expect(next.status.lastExit).toMatchObject({ reason: 'ended: no memory' });
    next.close();
  });

  test('touches no other process that got the same id', async () => {
    const { births, children, createNext } = await abandoned();
    births.set(100, 'boot/somebody else');
    const next = createNext();
    await next.start();
    expect(children).toHaveLength(2);
    expect(next.status.pid).toBe(101);
    next.close();
  });

  test('finds by its run file what is not in its store, also when the store cannot be read', async () => {
    const { children, createNext, database, machine } = await abandoned();
    database.exec(`UPDATE service_memory SET facts = '{"process":'`);
    machine.runFile = { pid: 100, birth: 'boot/100', startedAtMs: 5 };
    const next = createNext();
    await next.start();
    expect(children).toHaveLength(1);
    expect(next.status).toMatchObject({ pid: 100, sinceMs: 5 });
    next.close();
  });

  test('ends what is not wanted any more', async () => {
    const { clock, createNext, signals } = await abandoned();
    const next = createNext();
    const stopping = next.stop();
    await clock.advance(250);
    await stopping;
    expect(signals).toEqual(['SIGTERM 100']);
    expect(next.status).toMatchObject({ state: 'stopped', pid: null, lastExit: null });
    next.close();
  });
});
