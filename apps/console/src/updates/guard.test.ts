import { mkdirSync, mkdtempSync, readlinkSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FakeClock, silentLogger } from '@guildhall/kit';
import { afterEach, expect, test } from 'vitest';
import { Guard, type Answering, type ProcessMark } from './guard.ts';
import { UpdateRecordFile } from './record.ts';

const directories: string[] = [];
afterEach(() => {
  for (const directory of directories.splice(0)) rmSync(directory, { recursive: true, force: true });
});

const old: ProcessMark = { pid: 10, birth: 'old' };

/** A machine whose new console is `broken` in some way; systemd starts what has ended. */
function machine(broken: 'hangs' | 'wrong version' | 'dies after a second' | 'is fine') {
  const installDir = mkdtempSync(join(tmpdir(), 'guard-'));
  directories.push(installDir);
  mkdirSync(join(installDir, 'versions'));
  const clock = new FakeClock();
  const file = new UpdateRecordFile(join(installDir, 'record.json'));
  file.write({
    version: '2.0.0',
    before: '1.0.0',
    direction: 'forward',
    step: 'console',
    services: [],
    startedAtMs: 1,
    finishedAtMs: null,
    reason: null,
    guard: null,
    isUrgent: false,
    isLogged: false,
  });
  let running: ProcessMark | undefined = old;
  let startedAtMs = 0;
  const link = (): string => readlinkSync(join(installDir, 'current')).replace('versions/', '');
  const restart = (): void => {
    running = { pid: 11, birth: `${link()} at ${clock.monotonicMs()}` };
    startedAtMs = clock.monotonicMs();
  };
  const guard = new Guard({
    installDir,
    file,
    old,
    answering: async (): Promise<Answering | undefined> => {
      const isNew = running !== undefined && link() === '2.0.0';
      if (!running || (isNew && broken === 'hangs')) return undefined;
      if (isNew && broken === 'dies after a second' && clock.monotonicMs() - startedAtMs > 1_000) restart();
      return { ...running, version: isNew && broken !== 'wrong version' ? '2.0.0' : '1.0.0' };
    },
    start: undefined,
    consoles: () => (running ? [running] : []),
    isThere: (one) => one.birth === running?.birth,
    kill: (one) => {
      if (one.birth === running?.birth) restart();
    },
    clock,
    logger: silentLogger,
  });
  const run = async (): Promise<void> => {
    let isDone = false;
    void guard.run().then(() => (isDone = true));
    while (!isDone) await clock.advance(250);
  };
  return { run, link, file, clock };
}

test('a new console that answers keeps the link, and does the rest itself', async () => {
  const { run, link, file } = machine('is fine');
  await run();
  expect([link(), file.read()?.step]).toEqual(['2.0.0', 'services']);
});

test.each(['hangs', 'wrong version', 'dies after a second'] as const)(
  'a new console that %s is left again within a minute',
  async (broken) => {
    const { run, link, file, clock } = machine(broken);
    await run();
    expect([link(), file.read()]).toMatchObject(['1.0.0', { step: 'rolled-back', reason: 'silent' }]);
    expect(clock.monotonicMs()).toBeLessThan(60_000);
  },
);
