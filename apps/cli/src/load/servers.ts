import { execFile } from 'node:child_process';
import { availableParallelism } from 'node:os';
import { promisify } from 'node:util';
import { processUse, type ProcessUse } from '@guildhall/bots';
import { readRunFiles } from '@guildhall/kit';
import { runDirs } from '../run-dirs.ts';
import type { LoadReport } from './types.ts';

const exec = promisify(execFile);

interface Server {
  readonly role: string;
  /** Of which VM, from 1. */
  readonly vm: number;
  readonly pid: number;
}
type Sample = ReadonlyMap<number, Server & ProcessUse>;

/** The server processes of this machine, media workers too; none without a data folder. */
const serversOf = async (dataDir: string | null): Promise<Server[]> => {
  if (dataDir === null) return [];
  const found = (await runDirs(dataDir)).map(async ({ vm, runDir }) =>
    (await readRunFiles(runDir)).flatMap(({ role, pid, workers = [] }) => [
      { role, vm, pid },
      ...workers.map((worker) => ({ role: `${role}-worker`, vm, pid: worker })),
    ]),
  );
  return (await Promise.all(found)).flat();
};

export const sampleServers = async (dataDir: string | null): Promise<Sample> => {
  const sampled = await Promise.all(
    (await serversOf(dataDir)).map(async (server) => {
      const use = await processUse(server.pid);
      return use ? [[server.pid, { ...server, ...use }] as const] : [];
    }),
  );
  return new Map(sampled.flat());
};

/** What each used between two samples. One that began in between counts whole; one that ended is not known any more. */
export const usedBetween = (before: Sample, after: Sample): LoadReport['servers'] =>
  [...after.values()].map(({ role, vm, pid, cpuSeconds, rssMb }) => ({
    role,
    vm,
    pid,
    cpuSeconds: Math.round((cpuSeconds - (before.get(pid)?.cpuSeconds ?? 0)) * 100) / 100,
    rssMb,
  }));

/** Keeps the servers on these CPUs. @returns how to let them go again; never rejects */
export const keepServersOn = async (
  dataDir: string | null,
  cores: readonly number[],
): Promise<() => Promise<void>> => {
  const servers = await serversOf(dataDir);
  const put = async (list: string): Promise<void> => {
    await Promise.allSettled(
      servers.map(({ pid }) => exec('taskset', ['-a', '-c', '-p', list, String(pid)])),
    );
  };
  await put(cores.join(','));
  return () => put(`0-${availableParallelism() - 1}`);
};
