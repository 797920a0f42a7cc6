// Child processes of set-up: no shell, output into the log file, none left behind.

import { spawn } from 'node:child_process';
import { once } from 'node:events';

/** @type {Set<import('node:child_process').ChildProcess>} */
const running = new Set();
/** @type {Set<() => void>} */
const cleanUps = new Set();
let watching = false;

/** Ends what still runs and undoes what must not stay. */
function cleanUp() {
  for (const child of running) child.kill('SIGTERM');
  for (const undo of cleanUps) undo();
  cleanUps.clear();
}

/** A signal during set-up ends its children, releases its locks, and then ends this process as usual. */
function watchSignals() {
  if (watching) return;
  watching = true;
  process.once('exit', cleanUp);
  for (const [signal, number] of /** @type {const} */ ([
    ['SIGINT', 2],
    ['SIGTERM', 15],
    ['SIGHUP', 1],
  ])) {
    process.on(signal, () => {
      // Later phases (start.mjs) take the signals over by removing these listeners.
      process.exit(128 + number);
    });
  }
}

/** Stops reacting to signals, for a caller that handles them itself from here on. */
export function releaseSignals() {
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.removeAllListeners(signal);
}

/**
 * Registers something to undo if the process ends early. Call the result when it is no longer needed.
 * @param {() => void} undo
 */
export function onEarlyEnd(undo) {
  watchSignals();
  cleanUps.add(undo);
  return () => void cleanUps.delete(undo);
}

/**
 * Runs a program to its end.
 * @param {string} command
 * @param {readonly string[]} args
 * @param {object} [options]
 * @param {string} [options.cwd]
 * @param {NodeJS.ProcessEnv} [options.env] the whole environment; default: this process's
 * @param {import('./report.mjs').Report} [options.report] its log gets all output
 * @param {(line: string) => void} [options.onLine] every line of stdout and stderr as it comes
 * @param {number} [options.timeoutMs] kills it after this time
 * @param {boolean} [options.visible] its output goes to this process's, and nowhere else
 * @returns {Promise<{ code: number | null, signal: NodeJS.Signals | null, output: string }>} `code` is null
 *   when it was killed, and 127 when it could not be started; `output` is the last 200 kB
 */
export async function run(command, args, options = {}) {
  watchSignals();
  options.report?.log(`\n$ ${command} ${args.join(' ')}`);
  const child = spawn(command, args, {
    cwd: options.cwd,
    env: options.env ?? process.env,
    stdio: options.visible ? ['ignore', 'inherit', 'inherit'] : ['ignore', 'pipe', 'pipe'],
  });
  running.add(child);
  let output = '';
  let partial = '';
  const take = (/** @type {string} */ text) => {
    output = (output + text).slice(-200_000);
    options.report?.log(text);
    const lines = (partial + text).split(/\r?\n/);
    partial = lines.pop() ?? '';
    for (const line of lines) options.onLine?.(line);
  };
  child.stdout?.setEncoding('utf8').on('data', take);
  child.stderr?.setEncoding('utf8').on('data', take);
  const timer = options.timeoutMs ? setTimeout(() => child.kill('SIGKILL'), options.timeoutMs) : undefined;
  try {
    const [code, signal] = await once(child, 'close');
    return { code, signal, output };
  } catch (error) {
    return { code: 127, signal: null, output: String(error) };
  } finally {
    clearTimeout(timer);
    running.delete(child);
  }
}
