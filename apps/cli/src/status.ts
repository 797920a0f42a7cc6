import { readRunFiles } from '@guildhall/kit';
import { runDirs } from './run-dirs.ts';

export interface RunningProcess {
  readonly role: string;
  /** On which VM of the zone, from 1; the cloud counts to the first. */
  readonly vm: number;
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
export const runningProcesses = async (dataDir: string): Promise<RunningProcess[]> => {
  const dirs = await runDirs(dataDir);
  const files = await Promise.all(
    dirs.map(async ({ vm, runDir }) => (await readRunFiles(runDir)).map((file) => ({ ...file, vm }))),
  );
  return Promise.all(
    files.flat().map(async (file) => ({
      role: file.role,
      vm: file.vm,
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
  const hasVms = processes.some(({ vm }) => vm > 1);
  return processes.map((one) => {
    const ports = Object.entries(one.ports)
      .map(([name, port]) => `${name} ${port}`)
      .join(', ');
    const upSeconds = Math.max(0, Math.round((nowMs - one.startedAtMs) / 1000));
    return `${hasVms ? `VM ${one.vm}  ` : ''}${one.role.padEnd(8)} ${one.health.padEnd(12)} pid ${String(one.pid).padEnd(8)} up ${upSeconds} s   ${ports}`;
  });
};
