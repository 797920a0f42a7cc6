import { createI18n } from '@guildhall/ui';
import { en } from './en.ts';
import { es } from './es.ts';

export const { i18n, useText } = createI18n({ resources: { en, es } });
