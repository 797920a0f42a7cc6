// Runs one vitest project and counts what happened.

import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join, relative } from 'node:path';
import { root } from './paths.mjs';
import { run } from './run.mjs';

/** So much of a failure's message is repeated at the end of the run. */
const REPEATED_LINES = 6;

/**
 * @typedef {object} JsonReport what is read of vitest's JSON report
 * @property {number} numPassedTests
 * @property {number} numFailedTests
 * @property {number} numPendingTests
 * @property {number} numTodoTests
 * @property {{ name: string, status: string, message?: string, assertionResults: {
 *   status: string, fullName: string, failureMessages?: string[] | null }[] }[]} testResults
 */

/**
 * Counts vitest's JSON report. A file that fails outside of its tests (it cannot be loaded, a hook throws)
 * counts as one failure, and so does a run that fails although every test passed (an unhandled error).
 * @param {JsonReport | undefined} json undefined when vitest wrote none
 * @param {boolean} succeeded whether vitest's exit code was 0
 */
export function countTests(json, succeeded) {
  const broken = (json?.testResults ?? []).filter(
    ({ status, assertionResults }) =>
      status === 'failed' && !assertionResults.some((test) => test.status === 'failed'),
  ).length;
  const failed = (json?.numFailedTests ?? 0) + broken;
  return {
    passed: json?.numPassedTests ?? 0,
    failed: failed === 0 && !succeeded ? 1 : failed,
    skipped: (json?.numPendingTests ?? 0) + (json?.numTodoTests ?? 0),
  };
}

/**
 * Which tests failed and how, for the end of a long run: the part of a log that is kept is its end.
 * @param {JsonReport | undefined} json
 * @returns {string[]} one text of a few lines for each
 */
export function failuresOf(json) {
  return (json?.testResults ?? []).flatMap(({ name, status, message, assertionResults }) => {
    if (status !== 'failed') return [];
    const file = relative(root, name);
    const failed = assertionResults.filter((test) => test.status === 'failed');
    if (failed.length === 0) return [`${file}\n${beginningOf(message)}`];
    return failed.map(
      ({ fullName, failureMessages }) => `${file} > ${fullName}\n${beginningOf(failureMessages?.join('\n'))}`,
    );
  });
}

/** @param {string | undefined} text */
const beginningOf = (text = '') =>
  text.trim().split('\n').slice(0, REPEATED_LINES).join('\n').replace(/^/gm, '    ');

/**
 * @param {string} project
 * @param {string[]} filters parts of paths
 * @param {string} node
 * @param {NodeJS.ProcessEnv} env
 * @param {import('./report.mjs').Report} report
 */
export async function runTests(project, filters, node, env, report) {
  console.log(`\nTests: ${project}`);
  const directory = join(root, 'test-results');
  mkdirSync(directory, { recursive: true });
  const file = join(directory, `${project}.json`);
  rmSync(file, { force: true });
  const { code } = await run(
    node,
    [
      join(root, 'node_modules', 'vitest', 'vitest.mjs'),
      'run',
      '--project',
      project,
      '--passWithNoTests',
      '--reporter=default',
      '--reporter=json',
      `--outputFile.json=${file}`,
      ...filters,
    ],
    { cwd: root, env, report, visible: true },
  );
  const json = existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : undefined;
  const result = countTests(json, code === 0);
  if (result.skipped > 0) console.log(`${result.skipped} skipped in ${project}`);
  const failures = failuresOf(json);
  if (result.failed > failures.length) failures.push(`${project}: outside of its tests, see above`);
  return { ...result, failures };
}
