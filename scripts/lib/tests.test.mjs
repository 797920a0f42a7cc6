import { join } from 'node:path';
import { expect, test } from 'vitest';
import { root } from './paths.mjs';
import { countTests, failuresOf } from './tests.mjs';

const json = {
  numPassedTests: 3,
  numFailedTests: 1,
  numPendingTests: 1,
  numTodoTests: 1,
  testResults: [
    {
      name: join(root, 'a.test.ts'),
      status: 'passed',
      assertionResults: [{ fullName: 'one', status: 'passed' }],
    },
    {
      name: join(root, 'b.test.ts'),
      status: 'failed',
      assertionResults: [
        { fullName: 'two', status: 'failed', failureMessages: ['Error: 1 is not 2\n  at line 3'] },
        { fullName: 'three', status: 'passed' },
      ],
    },
  ],
};

test('every test counts once', () => {
  expect(countTests(json, false)).toEqual({ passed: 3, failed: 1, skipped: 2 });
});

test('a file that cannot be loaded counts as a failure', () => {
  const testResults = [...json.testResults, { name: 'c.test.ts', status: 'failed', assertionResults: [] }];
  expect(countTests({ ...json, testResults }, false).failed).toBe(2);
});

test('a run that fails although every test passed is a failure', () => {
  expect(countTests({ ...json, numFailedTests: 0, testResults: [] }, false).failed).toBe(1);
  expect(countTests(undefined, false)).toEqual({ passed: 0, failed: 1, skipped: 0 });
});

test('no test at all is not a failure', () => {
  expect(countTests({ ...json, numPassedTests: 0, numFailedTests: 0, testResults: [] }, true).failed).toBe(0);
});

test('the end of a run names each failed test and how it failed', () => {
  const unloadable = {
    name: join(root, 'c.test.ts'),
    status: 'failed',
    message: 'no such module',
    assertionResults: [],
  };
  expect(failuresOf({ ...json, testResults: [...json.testResults, unloadable] })).toEqual([
    'b.test.ts > two\n    Error: 1 is not 2\n      at line 3',
    'c.test.ts\n    no such module',
  ]);
  expect(failuresOf(undefined)).toEqual([]);
});
