// Step: the npm packages, and with them the pinned Node.

import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { root, sha256 } from './paths.mjs';
import { SetUpError } from './report.mjs';
import { run } from './run.mjs';

const stampFile = join(root, 'node_modules', '.guildhall-stamp');

/** @typedef {{ version?: string, optional?: boolean, link?: boolean }} LockEntry */

/** @param {string} file @returns {Record<string, LockEntry>} */
function entriesOf(file) {
  return JSON.parse(readFileSync(file, 'utf8')).packages ?? {};
}

/**
 * Is what npm says it installed (its hidden lock file) what the lock file asks for? True also after a
 * developer's own `npm install`, which then is not repeated.
 * @param {Record<string, LockEntry>} wanted
 * @param {Record<string, LockEntry>} installed
 */
export function isInstalled(wanted, installed) {
  return Object.entries(wanted).every(([path, entry]) => {
    if (!path.startsWith('node_modules/')) return true; // The root and the workspaces themselves.
    const present = installed[path];
    if (!present) return entry.optional === true; // Left out: made for another platform.
    return present.version === entry.version;
  });
}

const stampedHash = () => (existsSync(stampFile) ? readFileSync(stampFile, 'utf8').trim() : undefined);

/** Are the right packages there without a stamp, put there by npm itself? */
function isInstalledByHand() {
  const hidden = join(root, 'node_modules', '.package-lock.json');
  if (!existsSync(hidden)) return false;
  return isInstalled(entriesOf(join(root, 'package-lock.json')), entriesOf(hidden));
}

/**
 * The npm that runs this script if npm does, else the one on PATH.
 * @param {string[]} args
 * @param {Parameters<typeof run>[2]} options
 */
function npm(args, options) {
  const own = process.env.npm_execpath;
  if (own && /\.[cm]?js$/.test(own)) return run(process.execPath, [own, ...args], options);
  return run('npm', args, options);
}

/**
 * Installs the npm packages if they are missing or not those of package-lock.json.
 * Never runs scripts of packages.
 * @param {import('./report.mjs').Report} report
 * @param {string} label
 * @throws {SetUpError}
 */
export async function ensurePackages(report, label) {
  const hash = sha256(readFileSync(join(root, 'package-lock.json')));
  if (stampedHash() === hash) return;
  if (isInstalledByHand()) {
    writeFileSync(stampFile, `${hash}\n`);
    return;
  }
  const step = report.step(label, 'installing npm packages (about a minute on a first start)');
  const options = { cwd: root, report, env: { ...process.env, npm_config_progress: 'false' } };
  const flags = ['--ignore-scripts', '--no-audit', '--no-fund'];
  const exact = await npm(['ci', ...flags], options);
  if (exact.code !== 0) {
    // A registry mirror may lack packages for platforms other than this one; npm ci then refuses, although
    // nothing that this machine needs is missing.
    if (!/EUSAGE|ETARGET|E404|notarget/.test(exact.output)) {
      step.fail();
      throw new SetUpError(
        'The npm packages could not be installed: check that this machine reaches its npm registry, then start again.',
      );
    }
    report.note(
      'npm ci found packages of other platforms missing in the registry; using npm install instead.',
    );
    step.update('installing npm packages with npm install');
    const loose = await npm(['install', '--no-save', ...flags], options);
    if (loose.code !== 0) {
      step.fail();
      throw new SetUpError(
        'The npm packages could not be installed, neither by npm ci nor by npm install: ' +
          'check that this machine reaches its npm registry, then start again.',
      );
    }
  }
  writeFileSync(stampFile, `${hash}\n`);
  step.done('npm packages installed');
}

/** @param {string} program @returns {string | undefined} its version, without the v */
function versionOf(program) {
  const { status, stdout } = spawnSync(program, ['-v'], { encoding: 'utf8', timeout: 10_000 });
  return status === 0 ? stdout.trim().replace(/^v/, '') : undefined;
}

/** Node runs TypeScript files directly, without a flag, from 22.18 on. @param {string} version */
export function runsTypeScript(version) {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  return major > 22 ? major !== 23 || minor >= 6 : major === 22 && minor >= 18;
}

/**
 * The Node that runs everything after set-up: the pinned one from the npm packages, else the present one if
 * it is new enough.
 * @param {import('./report.mjs').Report} report
 * @returns {string} path of the program
 * @throws {SetUpError}
 */
export function findNode(report) {
  const pinned = join(root, 'node_modules', '.bin', 'node');
  if (existsSync(pinned)) {
    const version = versionOf(pinned);
    if (version) return pinned;
    report.log(`The pinned Node ${pinned} does not run on this machine.`);
  }
  if (runsTypeScript(process.versions.node)) {
    report.log(`No pinned Node for ${process.platform}-${process.arch}; using ${process.version}.`);
    return process.execPath;
  }
  throw new SetUpError(
    `Guildhall needs Node 22.18 or newer: the registry's own Node does not run on this machine ` +
      `(${process.platform}-${process.arch}) and the installed one is ${process.version}; install Node 24, then start again.`,
  );
}

/**
 * The environment for children: the pinned Node first on PATH.
 * @param {string} node
 * @returns {NodeJS.ProcessEnv}
 */
export function environmentFor(node) {
  const bin = join(root, 'node_modules', '.bin');
  const path = process.env.PATH ?? '';
  const first = node.startsWith(bin) && !path.startsWith(`${bin}:`) ? `${bin}:${path}` : path;
  return { ...process.env, PATH: first };
}
