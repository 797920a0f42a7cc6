import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { aptInstall, mayInstall, run } from './debian.ts';

const sourceDir = fileURLToPath(new URL('../native', import.meta.url));
const packages = ['g++', 'libssl-dev', 'libsrtp2-dev'] as const;
const flags = ['-std=c++20', '-O2', '-Wall'] as const;
const libraries = ['-lssl', '-lcrypto', '-lsrtp2'] as const;
const headers = ['/usr/include/srtp2/srtp.h', '/usr/include/openssl/ssl.h'] as const;

/** The native program could not be made; the message says what to do. */
export class NativeBuildError extends Error {}

export interface NativeOptions {
  /** See `cacheDirOf`. */
  readonly cacheDir: string;
  /** Told what takes long. */
  readonly onStep: (text: string) => void;
}

const canBuild = async (): Promise<boolean> =>
  headers.every((file) => existsSync(file)) && (await run('g++', ['--version'])).code === 0;

/** As the set-up of the media worker does: root on Debian gets the packages installed, everybody else is told their names. */
const ensureCompiler = async (onStep: NativeOptions['onStep']): Promise<void> => {
  if (await canBuild()) return;
  const names = packages.join(' ');
  const sentence = `The bots need the Debian packages ${names} to be compiled once`;
  if (!mayInstall())
    throw new NativeBuildError(
      `${sentence}: run "sudo apt-get install ${names}" (or install their like), then start again.`,
    );
  onStep(`Installing ${names}`);
  await aptInstall(packages);
  if (!(await canBuild()))
    throw new NativeBuildError(`${sentence}, and apt-get could not install them: check the package sources.`);
};

const contentHash = async (): Promise<string> => {
  const hash = createHash('sha256').update([...flags, ...libraries, process.arch].join(' '));
  for (const name of (await readdir(sourceDir)).toSorted())
    hash.update(`\n${name}\n`).update(await readFile(join(sourceDir, name)));
  return hash.digest('hex').slice(0, 16);
};

/**
 * The bots' native program, compiled if this source was not compiled here before (10 to 20 s, once).
 * Two that build at once do no harm: each renames its own whole file into place.
 * @throws NativeBuildError with one sentence
 */
export const buildNative = async ({ cacheDir, onStep }: NativeOptions): Promise<string> => {
  const directory = join(cacheDir, 'bots');
  const binary = join(directory, `guildhall-bots-${await contentHash()}`);
  if (existsSync(binary)) return binary;
  await ensureCompiler(onStep);
  onStep('Compiling the bots (once)');
  await mkdir(directory, { recursive: true });
  const made = `${binary}.${process.pid}`;
  const built = await run('g++', [...flags, join(sourceDir, 'main.cpp'), '-o', made, ...libraries]);
  if (built.code !== 0) {
    await rm(made, { force: true });
    throw new NativeBuildError(`The bots could not be compiled:\n${built.output.slice(0, 2_000)}`);
  }
  await rename(made, binary);
  return binary;
};
