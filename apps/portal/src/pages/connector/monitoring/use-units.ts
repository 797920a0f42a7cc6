import { useLanguage } from '@guildhall/ui';
import { useMemo } from 'react';
import { localeOf } from '../../../lib/format.ts';
import { createUnitWriter, type UnitWriter } from './units.ts';

/** Numbers as this reader writes them. */
export function useUnits(): UnitWriter {
  const { language } = useLanguage();
  return useMemo(() => createUnitWriter(localeOf(language, navigator.languages)), [language]);
}
