// `npm test`: set-up, checks, then all tests. The last line of stdout is "N passed, N failed".
//
//   npm test -- --only unit,contract     some parts: checks, unit, contract, scenario, e2e
//   npm test -- packages/rpc             the tests whose path contains this, without the checks

import { runChecks } from './lib/checks.mjs';
import { Report, SetUpError, runMain } from './lib/report.mjs';
import { setUp } from './lib/set-up.mjs';
import { postgresBin } from './lib/test-needs.mjs';
import { runTests } from './lib/tests.mjs';

const PROJECTS = ['unit', 'contract', 'scenario', 'e2e'];
const PARTS = ['checks', ...PROJECTS];

/** @param {string[]} args */
function parseArguments(args) {
  /** @type {string[]} */
  const filters = [];
  /** @type {string[] | undefined} */
  let only;
  const rest = [...args];
  for (let arg = rest.shift(); arg !== undefined; arg = rest.shift()) {
    if (arg === '--only') only = (rest.shift() ?? '').split(',');
    else if (arg.startsWith('--only=')) only = arg.slice('--only='.length).split(',');
    else filters.push(arg);
  }
  const parts = only ?? (filters.length > 0 ? PROJECTS : PARTS);
  const unknown = parts.filter((part) => !PARTS.includes(part));
  if (unknown.length > 0) {
    throw new SetUpError(`There is no part "${unknown[0]}" of the tests: --only takes ${PARTS.join(', ')}.`);
  }
  return { parts, filters };
}

const report = new Report({ name: 'test' });
await runMain(report, async () => {
  const { parts, filters } = parseArguments(process.argv.slice(2));
  const big = parts.some((part) => part !== 'checks' && part !== 'unit');
  const ready = await setUp(report, {
    forTests: big,
    pages: parts.includes('e2e') || parts.includes('scenario'),
  });
  const bin = postgresBin();
  const env = { ...ready.env, ...(bin && { GUILDHALL_TEST_POSTGRES_BIN: bin }) };
  const total = { passed: 0, failed: 0 };
  /** @type {string[]} */
  const failures = [];
  const add = (/** @type {{ passed: number, failed: number, failures: string[] }} */ result) => {
    failures.push(...result.failures);
    total.passed += result.passed;
    total.failed += result.failed;
  };
  if (parts.includes('checks')) add(await runChecks(ready.node, env, report));
  for (const project of PROJECTS) {
    if (parts.includes(project)) add(await runTests(project, filters, ready.node, env, report));
  }
  if (total.passed + total.failed === 0) {
    console.log(`No test matches ${filters.join(' ')}.`);
    total.failed = 1;
  }
  if (failures.length > 0) console.log(`\nFailed:\n${failures.join('\n')}\n`);
  console.log(`${total.passed} passed, ${total.failed} failed`);
  process.exitCode = total.failed > 0 ? 1 : 0;
});
