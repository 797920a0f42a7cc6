// Step: what only the tests need from the machine: a browser, a PostgreSQL of their own, network namespaces.

import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { ensureDebianPackages, hasCommand } from './debian.mjs';

const POSTGRES_PARENT = '/usr/lib/postgresql';

/** The folder with initdb and postgres, the newest if there are several; undefined if there is none. */
export function postgresBin() {
  if (!existsSync(POSTGRES_PARENT)) return undefined;
  return readdirSync(POSTGRES_PARENT)
    .toSorted((a, b) => Number(b) - Number(a))
    .map((version) => join(POSTGRES_PARENT, version, 'bin'))
    .find((directory) => existsSync(join(directory, 'initdb')));
}

/**
 * @param {import('./report.mjs').Report} report
 * @param {string} label
 * @throws {import('./report.mjs').SetUpError} naming the packages
 */
export async function ensureTestPackages(report, label) {
  const missing = [];
  if (!hasCommand('chromium')) missing.push('chromium');
  if (!postgresBin()) missing.push('postgresql');
  if (!hasCommand('setpriv')) missing.push('util-linux');
  if (!existsSync('/usr/sbin/ip') && !hasCommand('ip')) missing.push('iproute2');
  if (missing.length === 0) return;
  const step = report.step(label, `getting ${missing.join(', ')} for the tests`);
  try {
    await ensureDebianPackages(missing, 'The test suite', { report, step });
    step.done('test packages ready');
  } catch (error) {
    step.fail();
    throw error;
  }
}
