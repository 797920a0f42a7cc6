import { createI18n } from '@guildhall/ui';
import { en } from './en.ts';
import { es } from './es.ts';

export const { i18n, useText, text } = createI18n({ resources: { en: { meet: en }, es: { meet: es } } });

/** The words of this page inside a component. */
export const useWords = () => useText('meet');
/** The words of this page outside of React. */
export const words = text('meet');
