import { readFile } from 'node:fs/promises';

/** Of Linux on every architecture we run on (USER_HZ). */
const ticksPerSecond = 100;
const pageBytes = 4_096;

export interface ProcessUse {
  /** User and system time since its start, all threads, seconds. */
  readonly cpuSeconds: number;
  readonly rssMb: number;
}

/** What a process of this machine has used so far; null when it is gone. */
export const processUse = async (pid: number): Promise<ProcessUse | null> => {
  try {
    const [stat, statm] = await Promise.all([
      readFile(`/proc/${pid}/stat`, 'utf8'),
      readFile(`/proc/${pid}/statm`, 'utf8'),
    ]);
    // The second field may hold spaces and brackets; fields are counted from the last bracket.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    const ticks = Number(fields[11]) + Number(fields[12]);
    const pages = Number(statm.split(' ')[1]);
    return {
      cpuSeconds: ticks / ticksPerSecond,
      rssMb: Math.round((pages * pageBytes) / 1_048_576),
    };
  } catch {
    return null;
  }
};
