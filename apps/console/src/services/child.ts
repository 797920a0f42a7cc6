import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';

/** How a process ended. */
export interface ChildExit {
  readonly code: number | null;
  readonly signal: string | null;
}

/** What a service is told: whether to take no more meetings. */
export interface ChildMessage {
  readonly drain: boolean;
}

/** A running child process, as much of it as the supervisor needs. */
export interface Child {
  /** Undefined when it could not be started; `exited` then says so at once. */
  readonly pid: number | undefined;
  /** Resolves, never rejects. */
  readonly exited: Promise<ChildExit>;
  /** Does nothing to a child that is gone. */
  kill(signal: 'SIGTERM' | 'SIGKILL'): void;
  /** Over the IPC channel; lost when the child is gone. */
  send(message: ChildMessage): void;
}

export interface SpawnRequest {
  /** Script and arguments; run by this very Node, never by a shell. */
  readonly command: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly onLine: (stream: 'out' | 'err', line: string) => void;
}

export type SpawnChild = (request: SpawnRequest) => Child;

/** The command with a limit of its heap, MiB; beyond it Node ends the process and says so. 0 is no limit. */
export const limited = (command: readonly string[], memoryMaxMb: number): readonly string[] =>
  memoryMaxMb === 0 ? command : [`--max-old-space-size=${memoryMaxMb}`, ...command];

const maxLineLength = 16_384;
const drainMs = 20;

/**
 * Starts a process of the product. The IPC channel carries few messages: it is there so that the child notices when we
 * are gone, however we went, and ends too.
 */
export const spawnNode: SpawnChild = ({ command, env, onLine }) => {
  const child = spawn(process.execPath, [...command], {
    env,
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    shell: false,
    windowsHide: true,
  });
  for (const [stream, readable] of [
    ['out', child.stdout],
    ['err', child.stderr],
  ] as const) {
    if (!readable) continue;
    const lines = createInterface({ input: readable, crlfDelay: Infinity });
    lines.on('line', (line) => onLine(stream, line.slice(0, maxLineLength)));
  }
  const { promise: exited, resolve } = Promise.withResolvers<ChildExit>();
  child.once('error', (error) => {
    onLine('err', error.message);
    if (child.pid === undefined) resolve({ code: null, signal: null });
  });
  child.once('close', (code, signal) => resolve({ code, signal }));
  // At the exit its last lines are still on their way, and `close` brings them; but a grandchild that holds the pipe
  // open must not keep a dead service from being started again.
  child.once('exit', (code, signal) => setTimeout(() => resolve({ code, signal }), drainMs));
  return {
    pid: child.pid,
    exited,
    kill: (signal) => void child.kill(signal),
    send: (message) => {
      // The callback takes the error of a channel that closes meanwhile; without it that is an `error` event.
      if (child.connected) child.send({ ...message }, () => undefined);
    },
  };
};
