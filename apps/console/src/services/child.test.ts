import { isProcessAlive, systemClock } from '@guildhall/kit';
import { mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test, vi } from 'vitest';
import { adoptProcess, limited, spawnNode } from './child.ts';
import { serviceEnvironment } from './environment.ts';
import { LastWords } from './last-words.ts';

const directory = mkdtempSync(join(tmpdir(), 'console-child-'));
afterAll(() => rmSync(directory, { recursive: true, force: true }));
const script = (name: string, text: string): string => {
  const path = join(directory, name);
  writeFileSync(path, text);
  return path;
};

let outputs = 0;

/** Starts a script and answers with the child and what it prints. */
function spawnScript(command: readonly string[]) {
  const path = join(directory, `${outputs++}.log`);
  const child = spawnNode(undefined)({
    command,
    env: { PATH: process.env['PATH'] ?? '', MARK: 'seen' },
    output: openSync(path, 'a'),
  });
  const lines = (): string[] => readFileSync(path, 'utf8').split('\n');
  const line = (): Promise<string> =>
    vi.waitFor(() => lines()[0] || Promise.reject(new Error('nothing was printed')), {
      timeout: 60_000,
      interval: 5,
    });
  return { child, line, lines };
}

describe('a real process', () => {
  test('gets its arguments as they are and only the environment that is meant for it', async () => {
    const path = script('print.mjs', `console.log(JSON.stringify([process.argv.slice(2), process.env]));`);
    const odd = '$(id); rm -rf / "\n';
    const { child, line } = spawnScript([path, odd]);
    const printed = JSON.parse(await line());
    expect(printed[0]).toEqual([odd]);
    expect(printed[1]).toMatchObject({ MARK: 'seen' });
    expect(printed[1].HOME).toBeUndefined();
    expect(await child.exited).toEqual({ code: 0, signal: null });
  });

  test('that cannot be run or fails says why', async () => {
    const { child, lines } = spawnScript([join(directory, 'missing.mjs')]);
    expect(await child.exited).toEqual({ code: 1, signal: null });
    const words = new LastWords();
    for (const line of lines()) words.heard(line);
    expect(words.reasonOf({ code: 1, signal: null })).toContain('Cannot find module');
  });

  test('ends at its memory limit, and that is the reason', async () => {
    const path = script('grow.mjs', `const kept = []; for (;;) kept.push(new Array(1e5).fill(kept.length));`);
    expect(limited([path], 0)).toEqual([path]);
    const { child, lines } = spawnScript(limited([path], 64));
    const exit = await child.exited;
    const words = new LastWords();
    for (const line of lines()) words.heard(line);
    expect(words.reasonOf(exit)).toMatch(/^memory limit reached \((?:signal|exit code) \w+\)$/u);
  });

  test('is killed by a signal, and killing it again is no error', async () => {
    const path = script('stay.mjs', `console.log('up'); setInterval(() => {}, 1000);`);
    const { child, line } = spawnScript([path]);
    expect(await line()).toBe('up');
    child.kill('SIGKILL');
    expect(await child.exited).toEqual({ code: null, signal: 'SIGKILL' });
    child.kill('SIGTERM');
  });

  test('lives on when the console is killed, and can be taken over: its end is noticed, its id alone is not enough', async () => {
    const service = script('service.mjs', `setInterval(() => {}, 1000);`);
    const parent = script(
      'parent.mjs',
      `import { spawnNode } from ${JSON.stringify(new URL('./child.ts', import.meta.url).href)};
       const child = spawnNode(undefined)({ command: [${JSON.stringify(service)}], env: {}, output: 1 });
       console.error(JSON.stringify(child)); setInterval(() => {}, 1000);`,
    );
    const { child, line } = spawnScript([parent]);
    const { pid, birth } = JSON.parse(await line());
    child.kill('SIGKILL');
    await child.exited;
    expect(isProcessAlive(pid)).toBe(true);
    const stranger = adoptProcess(systemClock)({ pid, birth: `${birth}0` });
    stranger.kill('SIGKILL');
    await stranger.exited;
    expect(isProcessAlive(pid)).toBe(true);
    const adopted = adoptProcess(systemClock)({ pid, birth });
    adopted.kill('SIGTERM');
    const startMs = performance.now();
    expect(await adopted.exited).toEqual({ code: null, signal: null, isAdopted: true });
    expect(performance.now() - startMs).toBeLessThan(1_000);
    adopted.kill('SIGTERM');
  });
});

test('each service sees its own settings and none of the console’s secrets', () => {
  const own = {
    PATH: '/bin',
    AWS_SECRET_ACCESS_KEY: 'x',
    GUILDHALL_CONSOLE_INITIAL_PASSWORD: 'x',
    GUILDHALL_ZCTRL_PORT: '1',
    GUILDHALL_MMR_PORT: '2',
    GUILDHALL_MEDIA_PORT: '3',
    GUILDHALL_MMR_RUN_DIR: '/elsewhere',
  };
  const places = { dataDir: '/data/console', identityFile: '/data/node/identity.json', runDir: '/data/run' };
  expect(serviceEnvironment('zctrl', own, places)).toEqual({
    PATH: '/bin',
    GUILDHALL_ZCTRL_PORT: '1',
    GUILDHALL_ZCTRL_DATA_DIR: '/data/zctrl',
    GUILDHALL_ZCTRL_IDENTITY_FILE: '/data/node/identity.json',
    GUILDHALL_ZCTRL_RUN_DIR: '/data/run',
    NODE_COMPILE_CACHE: '/data/compile-cache',
  });
  expect(serviceEnvironment('mmr', own, places)).toEqual({
    PATH: '/bin',
    GUILDHALL_MMR_PORT: '2',
    GUILDHALL_MEDIA_PORT: '3',
    GUILDHALL_MMR_DATA_DIR: '/data/mmr',
    GUILDHALL_MMR_IDENTITY_FILE: '/data/node/identity.json',
    GUILDHALL_MMR_RUN_DIR: '/elsewhere',
    NODE_COMPILE_CACHE: '/data/compile-cache',
  });
});

test('last words are one printable line without secrets', () => {
  const words = new LastWords();
  words.heard('\u001b[31mred\u001b[0m\u202eand Bearer abc.def.ghi');
  expect(words.reasonOf({ code: 2, signal: null })).toBe('exit code 2: [31mred [0m and Bearer [redacted]');
  words.heard(JSON.stringify({ level: 'info', msg: 'not trouble' }));
  words.heard('x'.repeat(1000));
  words.heard('y'.repeat(1000));
  expect(words.reasonOf({ code: 2, signal: null }).length).toBeLessThanOrEqual(300);
});
