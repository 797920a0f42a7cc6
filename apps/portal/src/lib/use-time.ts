import { useLanguage } from '@guildhall/ui';
import { useMemo } from 'react';
import { createTimeWriter, localeOf, type TimeWriter } from './format.ts';
import { localZone } from './wall-time.ts';

/** Times as this reader writes them, in the reader's zone. */
export function useTimeWriter(): TimeWriter {
  const { language } = useLanguage();
  return useMemo(() => createTimeWriter(localeOf(language, navigator.languages), localZone()), [language]);
}
