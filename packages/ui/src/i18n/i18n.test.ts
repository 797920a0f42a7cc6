import { describe, expect, test } from 'vitest';
import { createI18n } from './create-i18n.ts';
import { pickLanguage } from './language.ts';
import { en } from './messages.en.ts';
import { es } from './messages.es.ts';
import { translationGaps } from './parity.ts';

test('English and Spanish have the same keys and places', () => {
  expect(translationGaps(en, es)).toEqual([]);
});

test('a gap is named by its path', () => {
  expect(translationGaps({ a: { b: 'x {{n}}' }, c: 'c' }, { a: { b: 'x' } })).toEqual([
    'a.b: places differ',
    'c: only in first',
  ]);
});

describe('language choice', () => {
  test('takes the first language a page can speak', () => {
    expect(pickLanguage(['fr-FR', 'es-MX', 'en'])).toBe('es');
  });
  test('falls back to English', () => {
    expect(pickLanguage(['fr', 'de'])).toBe('en');
    expect(pickLanguage([])).toBe('en');
  });
});

test('plurals and places are filled in the chosen language', () => {
  const { i18n, text } = createI18n({
    language: 'es',
    resources: {
      en: { m: { people_one: '{{count}} person', people_other: '{{count}} people' } },
      es: { m: { people_one: '{{count}} persona', people_other: '{{count}} personas' } },
    },
  });
  const t = text('m');
  expect([t('people', { count: 1 }), t('people', { count: 3 })]).toEqual(['1 persona', '3 personas']);
  expect(i18n.language).toBe('es');
});
