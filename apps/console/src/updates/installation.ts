import { spawn } from 'node:child_process';
import { realpathSync } from 'node:fs';
import { join, relative, resolve, sep } from 'node:path';
import { lifeLineOf, lifeLineVariable, processBirth } from '@guildhall/kit';
import type { ProcessMark } from './guard.ts';
import type { Installation } from './restarter.ts';

/**
 * Where the code that runs was installed; undefined when not below `versions` of the installation (a clone), which then
 * cannot be left by moving its link.
 * @param codeDir a folder of the code that runs
 */
export function installationOf(installDir: string | undefined, codeDir: string): Installation | undefined {
  if (installDir === undefined) return undefined;
  try {
    const inside = relative(realpathSync(join(installDir, 'versions')), realpathSync(codeDir));
    const [version = ''] = inside.split(sep);
    return /^\d+\.\d+\.\d+$/u.test(version) ? { installDir: resolve(installDir), version } : undefined;
  } catch {
    // Nothing is installed there yet.
    return undefined;
  }
}

interface GuardPlaces {
  readonly runDir: string;
  readonly recordPath: string;
  /** Of this process; handed on to the console that comes. */
  readonly env: Readonly<Record<string, string | undefined>>;
}

/** Starts the guard (`guard-main.ts`), which lives on when this console ends, as it makes it do. @throws system errors */
export const startGuard =
  ({ runDir, recordPath, env }: GuardPlaces) =>
  (installDir: string): ProcessMark => {
    const { execArgv, execPath, pid } = process;
    const birth = processBirth(pid);
    if (birth === undefined) throw new Error('this machine has no /proc, by which processes are told apart');
    const places = ['--install-dir', installDir, '--run-dir', runDir, '--record', recordPath];
    // Set by systemd (248) for the process it started itself, and inherited by others, to whom it does not apply.
    const supervised = env['SYSTEMD_EXEC_PID'] === String(pid) ? ['--supervised'] : [];
    const lifeLine = lifeLineOf(env);
    const guard = spawn(
      execPath,
      [
        ...execArgv,
        join(import.meta.dirname, 'guard-main.ts'),
        ...places,
        '--pid',
        String(pid),
        '--birth',
        birth,
        ...supervised,
        ...(lifeLine === undefined ? [] : ['--life-line', '3']),
        '--',
        ...process.argv.slice(2),
      ],
      {
        env: { ...env, ...(lifeLine !== undefined && { [lifeLineVariable]: '3' }) },
        stdio: ['ignore', 'inherit', 'inherit', lifeLine ?? 'ignore'],
        detached: true,
        shell: false,
      },
    );
    guard.unref();
    const mark = guard.pid === undefined ? undefined : processBirth(guard.pid);
    if (guard.pid === undefined || mark === undefined) throw new Error('the guard process cannot be started');
    return { pid: guard.pid, birth: mark };
  };
