import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { expect, test } from 'vitest';
import { hasCommand } from './debian.mjs';

/** Says its pid and the signals it gets; ends with code 7 when asked to on stdin or, after a while, by a signal. */
const program = `
  for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => {
    console.log(signal);
    setTimeout(() => process.exit(7), 200);
  });
  setInterval(() => {}, 1000);
  // Last: whoever reads it may send a signal at once.
  console.log('pid ' + process.pid);
`;

/** Starts this program under `supervise`, as `npm start` does. */
async function start() {
  const supervisor = spawn(
    process.execPath,
    [
      '--input-type=module',
      '-e',
      `const { supervise } = await import(${JSON.stringify(new URL('child.mjs', import.meta.url).href)});
       await supervise(process.execPath, ['-e', ${JSON.stringify(program)}], { cwd: '.', env: process.env });`,
    ],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  );
  /** @type {string[]} */
  const lines = [];
  const output = createInterface({ input: supervisor.stdout });
  output.on('line', (line) => lines.push(line));
  const [first] = await once(output, 'line');
  return { supervisor, output, lines, pid: Number(first.split(' ')[1]) };
}

test('a signal is passed on once, however often it comes, and the exit code is the child’s', async () => {
  const { supervisor, output, lines } = await start();
  supervisor.kill('SIGINT');
  await once(output, 'line');
  supervisor.kill('SIGINT');
  supervisor.kill('SIGTERM');
  const [code] = await once(supervisor, 'exit');
  expect(code).toBe(7);
  expect(lines.slice(1)).toEqual(['SIGINT']);
});

test.runIf(process.platform === 'linux' && hasCommand('setpriv'))(
  'a supervisor that is killed leaves no orphan',
  async () => {
    const { supervisor, output, lines } = await start();
    supervisor.kill('SIGKILL');
    // The child's end closes the pipe that it inherited.
    await once(output, 'close');
    // The kernel may tell of a parent's death once for each of its threads.
    expect(new Set(lines.slice(1))).toEqual(new Set(['SIGTERM']));
  },
);
