import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';

interface Ended {
  readonly code: number | null;
  readonly output: string;
}

/** Never rejects: a command that is not there has no code. */
export const run = (command: string, args: readonly string[]): Promise<Ended> =>
  new Promise((done) => {
    let output = '';
    const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'] });
    for (const stream of [child.stdout, child.stderr])
      stream.setEncoding('utf8').on('data', (text: string) => (output += text));
    child.once('error', (error) => done({ code: null, output: error.message }));
    child.once('close', (code) => done({ code, output }));
  });

/** Whether this is a Debian on which we may install: only root may. */
export const mayInstall = (): boolean => process.getuid?.() === 0 && existsSync('/usr/bin/apt-get');

/** Installs Debian packages without what they merely recommend; whether it worked is for the caller to look at. */
export const aptInstall = async (packages: readonly string[]): Promise<void> => {
  const install = ['-q', '-y', '-o', 'DPkg::Lock::Timeout=300', 'install', '--no-install-recommends'];
  if ((await run('apt-get', [...install, ...packages])).code === 0) return;
  await run('apt-get', ['-q', 'update']);
  await run('apt-get', [...install, ...packages]);
};
