// Runs the program that set-up was for, as if it were this process.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { constants } from 'node:os';
import { hasCommand } from './debian.mjs';
import { SetUpError } from './report.mjs';
import { releaseSignals } from './run.mjs';

/** After a signal the child has this long, more than the 5 s that it promises, before it is killed. */
const GRACE_MS = 10_000;

/**
 * Starts a program with this process's stdin, stdout and stderr, passes signals on, and exits with its code.
 *
 * The child gets a process group of its own, so that a Ctrl-C on a terminal reaches it exactly once: through
 * here. (In one group it would come from the terminal as well, and npm forwards it a third time.) Where
 * `setpriv` exists the kernel ends the child also when this process is killed without a chance to react.
 * @param {string} program
 * @param {string[]} args
 * @param {{ cwd: string, env: NodeJS.ProcessEnv }} options
 * @returns {Promise<never>}
 */
export async function supervise(program, args, { cwd, env }) {
  releaseSignals();
  const [command, ...rest] =
    process.platform === 'linux' && hasCommand('setpriv')
      ? ['setpriv', '--pdeathsig', 'TERM', '--', program, ...args]
      : [program, ...args];
  const child = spawn(command, rest, { cwd, env, stdio: 'inherit', detached: true });
  let forwarded = false;
  const forward = (/** @type {NodeJS.Signals} */ signal) => {
    if (forwarded) return;
    forwarded = true;
    child.kill(signal);
    setTimeout(() => {
      try {
        if (child.pid) process.kill(-child.pid, 'SIGKILL');
      } catch {
        // The group is gone already.
      }
    }, GRACE_MS).unref();
  };
  process.on('SIGINT', () => forward('SIGINT'));
  process.on('SIGTERM', () => forward('SIGTERM'));
  // A closed terminal is a request to end.
  process.on('SIGHUP', () => forward('SIGTERM'));
  const failed = once(child, 'error').then(([error]) => {
    throw new SetUpError(`${program} could not be started: ${String(error)}`);
  });
  const [code, signal] = await Promise.race([once(child, 'exit'), failed]);
  /** @type {Record<string, number>} */
  const numbers = constants.signals;
  process.exit(code ?? 128 + (numbers[signal] ?? 0));
}
