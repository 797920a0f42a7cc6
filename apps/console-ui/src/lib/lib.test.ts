import { translationGaps } from '@guildhall/ui';
import { expect, test } from 'vitest';
import { en } from '../words/en.ts';
import { es } from '../words/es.ts';
import { spanText } from './format.ts';

test('English and Spanish say the same things', () => {
  expect(translationGaps(en, es)).toEqual([]);
});

test('a span is told in its two largest parts', () => {
  expect(spanText(0, 'en')).toBe('0 sec');
  expect(spanText(-5_000, 'en')).toBe('0 sec');
  expect(spanText(45_900, 'en')).toBe('45 sec');
  expect(spanText(3 * 3_600_000 + 12 * 60_000 + 9_000, 'en')).toBe('3 hr 12 min');
  expect(spanText(26 * 3_600_000, 'en')).toBe('1 day 2 hr');
  expect(spanText(2 * 86_400_000 + 5_000, 'en')).toBe('2 days');
});
