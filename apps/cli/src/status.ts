import { readRunFiles } from '@guildhall/kit';

export interface RunningProcess {
  readonly role: string;
  readonly pid: number;
  readonly ports: Readonly<Record<string, number>>;
  readonly health: 'ok' | 'failing' | 'unreachable';
  readonly startedAtMs: number;
  readonly workers: readonly number[];
}

const askHealth = async (adminPort: number): Promise<RunningProcess['health']> => {
  try {
    const response = await fetch(`http://127.0.0.1:${adminPort}/healthz`, {
      signal: AbortSignal.timeout(2_000),
    });
    return response.ok ? 'ok' : 'failing';
  } catch {
    return 'unreachable';
  }
};

/** The processes that left a run file and whose pid lives, each with what it says of its own health. */
export const runningProcesses = async (runDir: string): Promise<RunningProcess[]> => {
  const files = await readRunFiles(runDir);
  return Promise.all(
    files.map(async (file) => ({
      role: file.role,
      pid: file.pid,
      ports: file.ports,
      health: await askHealth(file.adminPort),
      startedAtMs: file.startedAt,
      workers: file.workers ?? [],
    })),
  );
};

export const statusLines = (processes: readonly RunningProcess[], nowMs: number): string[] => {
  if (processes.length === 0) return ['Guildhall is not running. Start it with "npm start".'];
  return processes.map((one) => {
    const ports = Object.entries(one.ports)
      .map(([name, port]) => `${name} ${port}`)
      .join(', ');
    const upSeconds = Math.max(0, Math.round((nowMs - one.startedAtMs) / 1000));
    return `${one.role.padEnd(8)} ${one.health.padEnd(12)} pid ${String(one.pid).padEnd(8)} up ${upSeconds} s   ${ports}`;
  });
};
