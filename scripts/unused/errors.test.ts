import { errorCodes } from '@guildhall/protocol';
import { expect, test } from 'vitest';
import { codeBelow } from './sources.ts';

test('every registered error code is raised somewhere', () => {
  const code = codeBelow(['apps', 'packages'], /^packages\/protocol\/|\/words\/|\/i18n\//u);
  const texts = new Set([...code.matchAll(/(['"`])([a-z][a-z.-]+)\1/gu)].map(([, , text]) => text ?? ''));
  expect(Object.keys(errorCodes).filter((one) => !texts.has(one))).toEqual([]);
});
