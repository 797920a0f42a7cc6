import { readFileSync } from 'node:fs';

let bootId: string | undefined;

/**
 * What tells a process from a later one with the same id: the boot of the machine and the clock ticks from there to its
 * start (proc(5): `/proc/sys/kernel/random/boot_id`, field 22 of `/proc/<pid>/stat`). Undefined when there is no such
 * process, when it has ended and only waits to be collected, and where there is no /proc.
 */
export function processBirth(pid: number, root = '/proc'): string | undefined {
  try {
    const stat = readFileSync(`${root}/${pid}/stat`, 'utf8');
    // The second field is the program's name in parentheses and may hold blanks and parentheses itself.
    const [state, ...fields] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    const ticks = fields[18];
    if (state === 'Z' || state === 'X' || ticks === undefined || !/^\d+$/u.test(ticks)) return undefined;
    bootId ??= readFileSync(`${root}/sys/kernel/random/boot_id`, 'utf8').trim();
    return `${bootId}/${ticks}`;
  } catch {
    return undefined;
  }
}
