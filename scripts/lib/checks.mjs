// What is checked without running the product. Each check counts as one test.

import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { root } from './paths.mjs';
import { run } from './run.mjs';

/** @typedef {{ name: string, command: string, args: string[] }} Check */

/** @param {string} name */
const bin = (name) => join(root, 'node_modules', '.bin', name);

/** @param {string} node @returns {Check[]} */
function checks(node) {
  const types = ['tsconfig.node.json', 'tsconfig.web.json', 'tsconfig.tests.json', 'scripts/tsconfig.json'];
  const all = [
    { name: 'format', command: bin('oxfmt'), args: ['--check'] },
    { name: 'lint', command: bin('oxlint'), args: ['--type-aware', '--quiet'] },
    ...types.map((file) => ({ name: `types (${file})`, command: bin('tsc'), args: ['-p', file] })),
    {
      name: 'dead code',
      command: bin('knip'),
      args: ['--config', 'scripts/knip.json', '--no-progress', '--no-config-hints'],
    },
    { name: 'structure', command: node, args: ['scripts/check-structure.ts'] },
  ];
  if (existsSync(join(root, 'scripts', 'generate-docs.ts'))) {
    all.push({ name: 'generated documents', command: node, args: ['scripts/generate-docs.ts', '--check'] });
  }
  return all;
}

/**
 * Runs all checks, telling each result on stdout, with the output of those that fail.
 * @param {string} node
 * @param {NodeJS.ProcessEnv} env
 * @param {import('./report.mjs').Report} report
 */
export async function runChecks(node, env, report) {
  /** @type {{ passed: number, failed: number, failures: string[] }} */
  const result = { passed: 0, failed: 0, failures: [] };
  for (const { name, command, args } of checks(node)) {
    const startedAt = Date.now();
    const { code, output } = await run(command, args, { cwd: root, env, report });
    const seconds = ((Date.now() - startedAt) / 1000).toFixed(1);
    console.log(`${code === 0 ? '✓' : '✗'} ${name} (${seconds} s)`);
    if (code === 0) {
      result.passed += 1;
    } else {
      result.failed += 1;
      result.failures.push(`check: ${name}`);
      console.log(output.trimEnd().replace(/^/gm, '    '));
    }
  }
  return result;
}
