import { useCallback } from 'react';
import { useTranslation } from 'react-i18next';
import type { en } from './messages.en.ts';
import type { MessageKey, Translate } from './types.ts';

/** This package's own words, from the instance the provider was given. */
export function useUiText(): Translate<MessageKey<typeof en>> {
  const { t } = useTranslation('ui');
  return useCallback((key, values) => t(key, { ...values }), [t]);
}
