import { expect, test } from 'vitest';
import { countTests } from './tests.mjs';

const json = {
  numPassedTests: 3,
  numFailedTests: 1,
  numPendingTests: 1,
  numTodoTests: 1,
  testResults: [
    { status: 'passed', assertionResults: [{ status: 'passed' }] },
    { status: 'failed', assertionResults: [{ status: 'failed' }, { status: 'passed' }] },
  ],
};

test('every test counts once', () => {
  expect(countTests(json, false)).toEqual({ passed: 3, failed: 1, skipped: 2 });
});

test('a file that cannot be loaded counts as a failure', () => {
  const testResults = [...json.testResults, { status: 'failed', assertionResults: [] }];
  expect(countTests({ ...json, testResults }, false).failed).toBe(2);
});

test('a run that fails although every test passed is a failure', () => {
  expect(countTests({ ...json, numFailedTests: 0, testResults: [] }, false).failed).toBe(1);
  expect(countTests(undefined, false)).toEqual({ passed: 0, failed: 1, skipped: 0 });
});

test('no test at all is not a failure', () => {
  expect(countTests({ ...json, numPassedTests: 0, numFailedTests: 0, testResults: [] }, true).failed).toBe(0);
});
