import { useCallback } from 'react';
import { useLanguage } from './create-i18n.ts';
import { errorSentencesEs } from './error-sentences.es.ts';
import type { Language } from './types.ts';

/** The sentence a reader gets for a registered error: the server's own in English, the registry's in Spanish. */
export function errorSentence(language: Language, code: string, message: string): string {
  return (language === 'es' && errorSentencesEs[code]) || message;
}

/** `errorSentence` in the language of the page. */
export function useErrorSentence(): (code: string, message: string) => string {
  const { language } = useLanguage();
  return useCallback((code, message) => errorSentence(language, code, message), [language]);
}
