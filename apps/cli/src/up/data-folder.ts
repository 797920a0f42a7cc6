import { mkdir, statfs } from 'node:fs/promises';
import { UsageError } from './settings.ts';

/** Databases, logs and what Node compiles take some ten; with less than this something fails soon, and not clearly. */
const leastFreeBytes = 64 * 1024 * 1024;

/**
 * Makes the folders that everything is kept in, for this user only.
 * @throws UsageError when they cannot be made, or when the disk is as good as full
 */
export const makeDataFolders = async (dataDir: string, folders: readonly string[]): Promise<void> => {
  await inDataFolder(dataDir, async () => {
    for (const folder of [dataDir, ...folders]) await mkdir(folder, { recursive: true, mode: 0o700 });
  });
  const { bavail, bsize } = await statfs(dataDir);
  const freeBytes = bavail * bsize;
  if (freeBytes >= leastFreeBytes) return;
  const mib = (bytes: number): number => Math.floor(bytes / 1024 / 1024);
  throw new UsageError(
    `The disk of the data folder ${dataDir} has ${mib(freeBytes)} MB left, and at least ${mib(leastFreeBytes)} MB are needed. Make room, or choose another folder with GUILDHALL_DATA.`,
  );
};

/** What the system refuses there is told in a sentence. @throws UsageError, and whatever else `work` throws */
export const inDataFolder = async <T>(dataDir: string, work: () => Promise<T>): Promise<T> => {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof Error) || !('syscall' in error)) throw error;
    throw new UsageError(
      `The data folder ${dataDir} cannot be used (${error.message}). Choose another one with GUILDHALL_DATA, or let this user write to it.`,
    );
  }
};
