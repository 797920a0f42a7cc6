// Builds the media worker from the npm package's own source against the distribution's libraries.
// The recipe and its reasons: scripts/worker/README.md.

import {
  cpSync,
  existsSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { ensureDebianPackages, hasCommand } from './debian.mjs';
import { cacheFolder, recipeDirectory, root, sha256 } from './paths.mjs';
import { SetUpError } from './report.mjs';
import { onEarlyEnd, run } from './run.mjs';

const PACKAGES = [
  'meson',
  'ninja-build',
  'g++',
  'pkg-config',
  'libssl-dev',
  'libuv1-dev',
  'libsrtp2-dev',
  'libabsl-dev',
  'libflatbuffers-dev',
  'flatbuffers-compiler',
];
const MESON_OPTIONS = [
  '--buildtype=release',
  '-Doptimization=2',
  '-Db_ndebug=true',
  '-Db_pie=true',
  '--wrap-mode=nodownload',
];
/** The parts of the recipe that decide what comes out; the self-test and the README do not. */
const RECIPE_PARTS = ['edits.json', 'pch', 'subprojects'];

/** @param {string} path @returns {string[]} all files below, sorted */
function filesBelow(path) {
  const entries = readdirSync(path, { withFileTypes: true });
  return entries
    .flatMap((entry) => {
      const full = join(path, entry.name);
      return entry.isDirectory() ? filesBelow(full) : [full];
    })
    .toSorted();
}

/** A hash that changes when the same source would give another binary. */
export function recipeHash() {
  const files = RECIPE_PARTS.flatMap((part) => {
    const path = join(recipeDirectory, part);
    return part.includes('.') ? [path] : filesBelow(path);
  });
  return sha256(MESON_OPTIONS.join() + files.map((file) => sha256(readFileSync(file))).join());
}

/**
 * Applies the recipe's edits; each must match exactly once.
 * @param {string} source the folder of the worker's source
 */
function applyEdits(source) {
  /** @type {Array<{ file: string, find: string, replace: string }>} */
  const edits = JSON.parse(readFileSync(join(recipeDirectory, 'edits.json'), 'utf8'));
  for (const { file, find, replace } of edits) {
    const path = join(source, file);
    const parts = readFileSync(path, 'utf8').split(find);
    if (parts.length !== 2) {
      throw new SetUpError(
        `The recipe for the media worker does not fit this version of mediasoup: ` +
          `${file} holds "${find.trim()}" ${parts.length - 1} times instead of once; adapt scripts/worker/edits.json.`,
      );
    }
    writeFileSync(path, parts.join(replace));
  }
}

/**
 * Puts our stand-ins where meson looks for downloaded subprojects: a folder of the name that the wrap file
 * gives, so that the wrap's other information stays valid.
 * @param {string} source
 */
function placeStandIns(source) {
  for (const name of readdirSync(join(recipeDirectory, 'subprojects'))) {
    const wrap = readFileSync(join(source, 'subprojects', `${name}.wrap`), 'utf8');
    const directory = /^directory *= *(\S+)/m.exec(wrap)?.[1];
    if (!directory) throw new SetUpError(`mediasoup's ${name}.wrap names no folder; adapt scripts/worker.`);
    cpSync(join(recipeDirectory, 'subprojects', name), join(source, 'subprojects', directory), {
      recursive: true,
    });
  }
}

/** Removes build folders of processes that are gone. @param {string} parent */
function sweep(parent) {
  for (const name of readdirSync(parent)) {
    const pid = Number(/^build-(\d+)$/.exec(name)?.[1]);
    if (pid && !existsSync(`/proc/${pid}`)) rmSync(join(parent, name), { recursive: true, force: true });
  }
}

/**
 * Builds the worker and moves it to `target` in one step.
 * @param {string} target
 * @param {{ report: import('./report.mjs').Report, step: import('./report.mjs').Step }} context
 * @throws {SetUpError}
 */
export async function buildWorker(target, context) {
  const { report, step } = context;
  if (process.platform !== 'linux') {
    throw new SetUpError(
      `There is no recipe to build the media worker on ${process.platform}: ` +
        `give a ready binary in MEDIASOUP_WORKER_BIN, then start again.`,
    );
  }
  await ensureDebianPackages(PACKAGES, 'Building the media worker', context);
  const missing = ['meson', 'ninja', 'g++', 'flatc'].filter((name) => !hasCommand(name));
  if (missing.length > 0) {
    throw new SetUpError(
      `Building the media worker needs the programs ${missing.join(', ')} ` +
        `(Debian packages: ${PACKAGES.join(' ')}): install them, then start again.`,
    );
  }
  const parent = cacheFolder('tmp');
  sweep(parent);
  const directory = join(parent, `build-${process.pid}`);
  const remove = () => rmSync(directory, { recursive: true, force: true });
  const forget = onEarlyEnd(remove);
  try {
    mkdirSync(directory);
    const source = join(directory, 'worker');
    cpSync(join(root, 'node_modules', 'mediasoup', 'worker'), source, { recursive: true });
    placeStandIns(source);
    cpSync(join(recipeDirectory, 'pch'), join(source, 'pch'), { recursive: true });
    applyEdits(source);

    const must = async (
      /** @type {string} */ command,
      /** @type {string[]} */ args,
      /** @type {(line: string) => void} */ onLine = () => {},
    ) => {
      const { code } = await run(command, args, { cwd: source, report, onLine });
      if (code === 0) return;
      throw new SetUpError(
        `The media worker could not be built ("${command} ${args[0]}" failed): see the log, ` +
          `or give a ready binary in MEDIASOUP_WORKER_BIN, then start again.`,
      );
    };
    step.update('preparing the build of the media worker');
    await must('meson', ['setup', 'out', ...MESON_OPTIONS]);
    // First the headers that flatc makes: the precompiled header and all else include them, and the first
    // parallel build would otherwise start before they exist.
    await must('ninja', ['-C', 'out', 'fbs/FBS/message.h']);
    const jobs = String(Math.max(2, availableParallelism()));
    const showProgress = (/** @type {string} */ line) => {
      const counted = /^\[(\d+)\/(\d+)\]/.exec(line);
      if (counted) step.update(`compiling the media worker, file ${counted[1]} of ${counted[2]}`);
    };
    await must('ninja', ['-C', 'out', '-j', jobs, 'mediasoup-worker'], showProgress);
    await must('strip', ['out/mediasoup-worker']);
    renameSync(join(source, 'out', 'mediasoup-worker'), target);
  } finally {
    forget();
    remove();
  }
}
