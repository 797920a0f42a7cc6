import { readdir } from 'node:fs/promises';
import { resolve } from 'node:path';

/** @param vm its number in the zone, from 1 */
export const runDirOf = (dataDir: string, vm: number): string =>
  vm === 1 ? resolve(dataDir, 'run') : resolve(dataDir, 'vms', String(vm), 'run');

/** Where the processes of every VM that this data folder ever had leave their run files, the first VM's first. */
export const runDirs = async (dataDir: string): Promise<{ vm: number; runDir: string }[]> => {
  const names = await readdir(resolve(dataDir, 'vms')).catch(() => []);
  const numbers = names.map(Number).filter((number) => Number.isInteger(number) && number > 1);
  return [1, ...numbers.toSorted((left, right) => left - right)].map((vm) => ({
    vm,
    runDir: runDirOf(dataDir, vm),
  }));
};
