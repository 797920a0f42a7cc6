// Debian packages that a step needs: installed when root, else named.

import { delimiter, join } from 'node:path';
import { accessSync, constants } from 'node:fs';
import { withLock } from './lock.mjs';
import { run } from './run.mjs';
import { SetUpError } from './report.mjs';

/** Is there such a program on PATH? @param {string} name */
export function hasCommand(name) {
  return (process.env.PATH ?? '').split(delimiter).some((directory) => {
    try {
      accessSync(join(directory, name), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}

/** Which of these packages are not installed? @param {readonly string[]} packages */
async function missingOf(packages) {
  const { output } = await run('dpkg-query', ['-W', '-f', '${Package} ${db:Status-Status}\n', ...packages]);
  const installed = new Set(
    output
      .split('\n')
      .filter((line) => line.endsWith(' installed'))
      .map((line) => line.split(' ')[0]),
  );
  return packages.filter((name) => !installed.has(name));
}

/**
 * @param {import('./report.mjs').Report} report
 * @param {...string} args
 */
function apt(report, ...args) {
  return run('apt-get', ['-q', '-o', 'DPkg::Lock::Timeout=300', ...args], {
    report,
    env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
  });
}

/**
 * Makes sure that Debian packages are installed.
 * @param {readonly string[]} packages
 * @param {string} purpose starts the sentence: "Building the media worker"
 * @param {{ report: import('./report.mjs').Report, step: import('./report.mjs').Step }} context
 * @throws {SetUpError} naming the packages, when they are missing and cannot be installed
 */
export async function ensureDebianPackages(packages, purpose, { report, step }) {
  if (!hasCommand('dpkg-query')) {
    report.log(`Not a Debian system: hoping that the equivalents of ${packages.join(' ')} are there.`);
    return;
  }
  let missing = await missingOf(packages);
  if (missing.length === 0) return;
  const names = missing.join(' ');
  if (process.getuid?.() !== 0) {
    throw new SetUpError(
      `${purpose} needs the Debian packages ${names}: run "sudo apt-get install ${names}", then start again.`,
    );
  }
  await withLock('apt', 'installing Debian packages', step.update, async () => {
    missing = await missingOf(packages);
    if (missing.length === 0) return;
    step.update(`installing Debian packages ${missing.join(' ')}`);
    const install = () => apt(report, 'install', '-y', '--no-install-recommends', ...missing);
    // The lists of a fresh machine or image are empty or old; refresh them only if that is in the way.
    if ((await install()).code === 0) return;
    await apt(report, 'update');
    if ((await install()).code === 0) return;
    throw new SetUpError(
      `${purpose} needs the Debian packages ${names}, and apt-get could not install them: ` +
        `check the package sources of this machine, then start again.`,
    );
  });
}
