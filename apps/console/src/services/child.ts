import { spawn } from 'node:child_process';
import { closeSync } from 'node:fs';
import { lifeLineVariable, processBirth, type Clock, type Timer } from '@guildhall/kit';

/** How a process ended. */
export interface ChildExit {
  readonly code: number | null;
  readonly signal: string | null;
  /** Not started by this console: the kernel tells only the one that did how it ended. */
  readonly isAdopted?: boolean;
  /** Why it could not even be started. */
  readonly error?: string;
}

/** A running process, as much of it as the supervisor needs. */
export interface Child {
  /** Undefined when it could not be started; `exited` then says so at once. */
  readonly pid: number | undefined;
  /** See `processBirth`. */
  readonly birth: string | undefined;
  /** Resolves, never rejects. */
  readonly exited: Promise<ChildExit>;
  /** Does nothing to a process that is gone, also when its id is another's by now. */
  kill(signal: 'SIGTERM' | 'SIGKILL'): void;
}

export interface SpawnRequest {
  /** Script and arguments; run by this very Node, never by a shell. */
  readonly command: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  /** File descriptor of its standard output; closed here. */
  readonly output: number;
}

export type SpawnChild = (request: SpawnRequest) => Child;
export type AdoptProcess = (process: { readonly pid: number; readonly birth: string }) => Child;

/** The command with a limit of its heap, MiB; beyond it Node ends the process and says so. 0 is no limit. */
export const limited = (command: readonly string[], memoryMaxMb: number): readonly string[] =>
  memoryMaxMb === 0 ? command : [`--max-old-space-size=${memoryMaxMb}`, ...command];

/**
 * Starts processes of the product that live on when this one ends: of a session of their own, with their output in a
 * file. Their life hangs on our own life line, when we have one: it is handed on.
 */
export const spawnNode =
  (lifeLine: number | undefined): SpawnChild =>
  ({ command, env, output }) => {
    const child = spawn(process.execPath, [...command], {
      env: { ...env, ...(lifeLine !== undefined && { [lifeLineVariable]: '3' }) },
      stdio: ['ignore', output, output, lifeLine ?? 'ignore'],
      // A Ctrl-C in the terminal of the console is not meant for it.
      detached: true,
      shell: false,
      windowsHide: true,
    });
    closeSync(output);
    const { promise: exited, resolve } = Promise.withResolvers<ChildExit>();
    child.once('error', (error) => {
      if (child.pid === undefined) resolve({ code: null, signal: null, error: error.message });
    });
    child.once('exit', (code, signal) => resolve({ code, signal }));
    return {
      pid: child.pid,
      birth: child.pid === undefined ? undefined : processBirth(child.pid),
      exited,
      kill: (signal) => void child.kill(signal),
    };
  };

const lookEveryMs = 250;

/** The processes of the machine; tests pass their own, whose ids mean nothing here. */
interface Processes {
  readonly birthOf: (pid: number) => string | undefined;
  readonly kill: (pid: number, signal: 'SIGTERM' | 'SIGKILL') => void;
}

const systemProcesses: Processes = {
  birthOf: processBirth,
  kill: (pid, signal) => void process.kill(pid, signal),
};

/** Takes over a process that an earlier console started. Its end is noticed by looking. */
export const adoptProcess =
  (clock: Clock, { birthOf, kill }: Processes = systemProcesses): AdoptProcess =>
  ({ pid, birth }) => {
    const { promise: exited, resolve } = Promise.withResolvers<ChildExit>();
    const timer: Timer = clock.setInterval(() => {
      if (birthOf(pid) === birth) return;
      timer.cancel();
      resolve({ code: null, signal: null, isAdopted: true });
    }, lookEveryMs);
    return {
      pid,
      birth,
      exited,
      kill: (signal) => {
        if (birthOf(pid) !== birth) return;
        try {
          kill(pid, signal);
        } catch {
          // It ended between the look and the signal; the next look tells.
        }
      },
    };
  };
