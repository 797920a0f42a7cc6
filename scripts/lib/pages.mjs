// Step: the web pages, built by Vite and compressed ahead of time.

import { existsSync, mkdirSync, readFileSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { extname, join, relative } from 'node:path';
import { promisify } from 'node:util';
import { brotliCompress, constants, gzip } from 'node:zlib';
import { environmentFor } from './install.mjs';
import { root, sha256 } from './paths.mjs';
import { SetUpError } from './report.mjs';
import { onEarlyEnd, run } from './run.mjs';

/** The name of the file in `dist` that holds the hash of what it was built from. */
const STAMP = '.build-inputs';
const IGNORED = new Set(['node_modules', 'dist', '.cache', 'coverage']);
/** HTML is left out: the server writes a fresh nonce into every answer. */
const COMPRESSED = new Set(['.js', '.mjs', '.css', '.svg', '.json', '.txt', '.wasm', '.webmanifest']);

/** @param {string} directory @returns {string[]} */
function filesBelow(directory) {
  if (!existsSync(directory)) return [];
  return readdirSync(directory, { withFileTypes: true }).flatMap((entry) => {
    if (IGNORED.has(entry.name)) return [];
    const path = join(directory, entry.name);
    return entry.isDirectory() ? filesBelow(path) : [path];
  });
}

/** Hash of everything a page is built from. @param {string} app folder of the app */
function inputHash(app) {
  const files = [
    ...filesBelow(app),
    ...filesBelow(join(root, 'packages')),
    join(root, 'package-lock.json'),
    ...readdirSync(root)
      .filter((name) => /^tsconfig.*\.json$/.test(name))
      .map((name) => join(root, name)),
  ].filter((file) => !/\.test\.tsx?$/.test(file));
  return sha256(
    files
      .toSorted((a, b) => (a < b ? -1 : 1))
      .map((file) => `${relative(root, file)} ${sha256(readFileSync(file))}`)
      .join('\n'),
  );
}

/** Writes .br and .gz beside every text file, as the servers send them. @param {string} directory */
async function compress(directory) {
  const brotli = promisify(brotliCompress);
  const zip = promisify(gzip);
  for (const file of filesBelow(directory)) {
    if (!COMPRESSED.has(extname(file))) continue;
    const data = readFileSync(file);
    const [br, gz] = await Promise.all([
      brotli(data, {
        params: {
          [constants.BROTLI_PARAM_QUALITY]: 11,
          [constants.BROTLI_PARAM_SIZE_HINT]: data.length,
        },
      }),
      zip(data, { level: 9 }),
    ]);
    writeFileSync(`${file}.br`, br);
    writeFileSync(`${file}.gz`, gz);
  }
}

/** The apps that have pages, and whether what they have is what would be built now. */
function pageApps() {
  return readdirSync(join(root, 'apps'))
    .map((name) => ({ name, directory: join(root, 'apps', name) }))
    .filter(({ directory }) => existsSync(join(directory, 'vite.config.ts')))
    .map(({ name, directory }) => {
      const hash = inputHash(directory);
      const stamp = join(directory, 'dist', STAMP);
      return { name, directory, hash, fresh: existsSync(stamp) && readFileSync(stamp, 'utf8') === hash };
    });
}

/**
 * Builds the pages whose sources changed. A page that is being served is replaced in one step.
 * @param {import('./report.mjs').Report} report
 * @param {string} label
 * @param {string} node the pinned Node
 * @throws {SetUpError}
 */
export async function ensurePages(report, label, node) {
  const stale = pageApps().filter(({ fresh }) => !fresh);
  if (stale.length === 0) return;
  const step = report.step(label, `building the pages ${stale.map(({ name }) => name).join(', ')}`);
  const work = join(root, 'node_modules', '.cache', 'guildhall');
  for (const { name, directory, hash } of stale) {
    step.update(`building the page ${name}`);
    const next = join(work, `${name}-next`);
    const previous = join(work, `${name}-previous`);
    const remove = () => {
      for (const path of [next, previous]) rmSync(path, { recursive: true, force: true });
    };
    const forget = onEarlyEnd(remove);
    try {
      remove();
      mkdirSync(work, { recursive: true });
      const vite = join(root, 'node_modules', 'vite', 'bin', 'vite.js');
      const { code } = await run(node, [vite, 'build', '--outDir', next, '--emptyOutDir'], {
        cwd: directory,
        report,
        env: environmentFor(node),
      });
      if (code !== 0) {
        step.fail();
        throw new SetUpError(
          `The page ${name} could not be built: correct what the log names, then start again.`,
        );
      }
      step.update(`compressing the page ${name}`);
      await compress(next);
      writeFileSync(join(next, STAMP), hash);
      if (existsSync(join(directory, 'dist'))) renameSync(join(directory, 'dist'), previous);
      renameSync(next, join(directory, 'dist'));
    } finally {
      forget();
      remove();
    }
  }
  step.done('pages built');
}
