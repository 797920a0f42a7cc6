import { createI18n } from '@guildhall/ui';
import { en } from './en.ts';
import { es } from './es.ts';

const meet = createI18n({ resources: { en: { meet: en }, es: { meet: es } } });

/** For the provider around the page. */
export const { i18n } = meet;
/** The words of this page inside a component. */
export const useWords = () => meet.useText('meet');
