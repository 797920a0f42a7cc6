// Step: a media worker that works on this machine. Order: cache, MEDIASOUP_WORKER_BIN, prebuilt, build.

import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { ensureDebianPackages, hasCommand } from './debian.mjs';
import { environmentFor } from './install.mjs';
import { withLock } from './lock.mjs';
import { cacheFolder, recipeDirectory, root, sha256 } from './paths.mjs';
import { SetUpError } from './report.mjs';
import { run } from './run.mjs';
import { buildWorker, recipeHash } from './worker-build.mjs';
import { downloadWorker } from './worker-download.mjs';

const SELF_TEST_TIMEOUT_MS = 30_000;
/** The worker's own exit code when it is not started by mediasoup: proof that it loads and runs. */
const EXIT_NOT_MY_FATHER = 41;

/** @typedef {{ report: import('./report.mjs').Report, step: import('./report.mjs').Step, node: string }} Context */

/** "glibc2.36" or "musl": a binary for one does not run with the other. */
function libc() {
  // Its type says no more than "object".
  /** @type {any} */
  const { header } = process.report.getReport();
  return header.glibcVersionRuntime ? `glibc${header.glibcVersionRuntime}` : 'musl';
}

/** Names everything that decides whether a cached worker fits. */
export function workerKey() {
  const { version } = JSON.parse(readFileSync(join(root, 'node_modules/mediasoup/package.json'), 'utf8'));
  return `mediasoup-${version}-${process.platform}-${process.arch}-${libc()}-${recipeHash().slice(0, 12)}`;
}

/** @param {string} binary */
const stampOf = (binary) => `${binary}.tested.json`;

/** What identifies exactly this file. @param {string} binary */
function identity(binary) {
  return { sha256: sha256(readFileSync(binary)), mtimeMs: statSync(binary).mtimeMs };
}

/** Did this very file pass the self-test before, and does it still load here? @param {string} binary */
function passedBefore(binary) {
  try {
    const stamp = JSON.parse(readFileSync(stampOf(binary), 'utf8'));
    const now = identity(binary);
    if (stamp.sha256 !== now.sha256 || stamp.mtimeMs !== now.mtimeMs) return false;
  } catch {
    return false;
  }
  // A system library it was linked with may have gone since. Without environment it must refuse to serve.
  return spawnSync(binary, [], { env: {}, stdio: 'ignore', timeout: 5_000 }).status === EXIT_NOT_MY_FATHER;
}

/**
 * A real handshake with this worker.
 * @param {string} binary
 * @param {Context} context
 * @returns {Promise<string | undefined>} what is wrong, or undefined
 */
async function selfTest(binary, context) {
  const { report, step, node } = context;
  if (!hasCommand('openssl')) await ensureDebianPackages(['openssl'], 'Testing the media worker', context);
  step.update('testing the media worker with a DTLS handshake');
  const { code, output } = await run(node, [join(recipeDirectory, 'self-test.mjs')], {
    cwd: root,
    report,
    env: { ...environmentFor(node), MEDIASOUP_WORKER_BIN: binary },
    timeoutMs: SELF_TEST_TIMEOUT_MS,
  });
  if (code === 0) return undefined;
  return output.trim().split('\n').at(-1) || 'it gave no answer';
}

/**
 * Tests a worker in the cache and remembers the success.
 * @param {string} binary
 * @param {Context} context
 */
async function testCached(binary, context) {
  const problem = await selfTest(binary, context);
  if (!problem) writeFileSync(stampOf(binary), JSON.stringify(identity(binary)));
  return problem;
}

/** Moves a worker that does not work out of the way, keeping the last one for whoever wants to know why. */
function quarantine(/** @type {string} */ binary) {
  rmSync(stampOf(binary), { force: true });
  renameSync(binary, `${binary}.broken`);
}

/**
 * @param {string} binary
 * @param {Context} context
 */
async function obtain(binary, context) {
  const { report, step } = context;
  if (existsSync(binary)) {
    const problem = await testCached(binary, context);
    if (!problem) return binary;
    report.note(`The cached media worker is broken (${problem}); it is set aside and replaced.`);
    quarantine(binary);
  }
  const given = process.env.MEDIASOUP_WORKER_BIN;
  if (given) {
    if (!existsSync(given)) {
      throw new SetUpError(`MEDIASOUP_WORKER_BIN names ${given}, which does not exist: correct or unset it.`);
    }
    const problem = await selfTest(given, context);
    if (!problem) return given;
    throw new SetUpError(
      `The media worker that MEDIASOUP_WORKER_BIN names does not work (${problem}): give another one or unset it.`,
    );
  }
  mkdirSync(dirname(binary), { recursive: true });
  if (await downloadWorker(binary, context)) {
    const problem = await testCached(binary, context);
    if (!problem) return binary;
    report.note(`The prebuilt media worker does not work here (${problem}); building one.`);
    quarantine(binary);
  }
  step.update('building the media worker from source (2 to 6 minutes, once)');
  await buildWorker(binary, context);
  const problem = await testCached(binary, context);
  if (!problem) return binary;
  quarantine(binary);
  throw new SetUpError(
    `The media worker built on this machine does not work (${problem}): give a ready one in MEDIASOUP_WORKER_BIN.`,
  );
}

/**
 * @param {import('./report.mjs').Report} report
 * @param {string} label
 * @param {string} node the pinned Node
 * @returns {Promise<string>} path of a worker that passed the self-test on this machine
 * @throws {SetUpError}
 */
export async function ensureWorker(report, label, node) {
  const key = workerKey();
  const binary = join(cacheFolder('worker'), key, 'mediasoup-worker');
  const given = process.env.MEDIASOUP_WORKER_BIN;
  if (existsSync(binary) && given && given !== binary) {
    report.note(
      `The cached media worker is used, not MEDIASOUP_WORKER_BIN (remove ${dirname(binary)} to change that).`,
    );
  }
  // Nothing changed since the last time: no step to show, no lock to wait for.
  if (existsSync(binary) && passedBefore(binary)) return binary;
  const step = report.step(label, 'getting a media worker');
  try {
    const found = await withLock(`worker-${key}`, 'getting the media worker ready', step.update, async () =>
      existsSync(binary) && passedBefore(binary) ? binary : obtain(binary, { report, step, node }),
    );
    step.done('media worker ready');
    return found;
  } catch (error) {
    step.fail();
    throw error;
  }
}
