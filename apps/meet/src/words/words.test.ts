import { translationGaps } from '@guildhall/ui';
import { expect, test } from 'vitest';
import { en } from './en.ts';
import { es } from './es.ts';

test('English and Spanish say the same things', () => {
  expect(translationGaps(en, es)).toEqual([]);
});
