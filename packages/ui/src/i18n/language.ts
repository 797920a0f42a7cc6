import { readChoice, writeChoice } from '../storage.ts';
import { LANGUAGES, type Language } from './types.ts';

const KEY = 'guildhall.language';

const isLanguage = (value: string | undefined): value is Language =>
  LANGUAGES.some((language) => language === value);

/** The first of `wanted` (BCP 47 tags, best first) that a page can speak, else English. */
export function pickLanguage(wanted: readonly string[]): Language {
  for (const tag of wanted) {
    const primary = tag.toLowerCase().split('-')[0];
    if (isLanguage(primary)) return primary;
  }
  return 'en';
}

/** The reader's stored choice, else the browser's languages. */
export function detectLanguage(): Language {
  const stored = readChoice(KEY);
  return isLanguage(stored) ? stored : pickLanguage(navigator.languages);
}

export function storeLanguage(language: Language): void {
  writeChoice(KEY, language);
}
