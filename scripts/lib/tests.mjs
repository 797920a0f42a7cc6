// Runs one vitest project and counts what happened.

import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { root } from './paths.mjs';
import { run } from './run.mjs';

/**
 * Counts vitest's JSON report. A file that fails outside of its tests (it cannot be loaded, a hook throws)
 * counts as one failure, and so does a run that fails although every test passed (an unhandled error).
 * @param {{ numPassedTests: number, numFailedTests: number, numPendingTests: number, numTodoTests: number,
 *   testResults: Array<{ status: string, assertionResults: Array<{ status: string }> }> } | undefined} json
 *   undefined when vitest wrote none
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
  return result;
}
