import { createInstance, type i18n as I18n } from 'i18next';
import { useCallback } from 'react';
import { initReactI18next, useTranslation } from 'react-i18next';
import { detectLanguage, storeLanguage } from './language.ts';
import { en as uiEn } from './messages.en.ts';
import { es as uiEs } from './messages.es.ts';
import type { Language, MessageKey, Namespaces, TextValues, Translate, Translated } from './types.ts';

export interface GuildhallI18n<En extends Namespaces> {
  /** Give this to `GuildhallProvider`. */
  readonly i18n: I18n;
  /** Words of one namespace inside a component; re-renders when the language changes. */
  readonly useText: <N extends keyof En & string>(namespace: N) => Translate<MessageKey<En[N]>>;
  /** Words outside of React, in the language of this moment. */
  readonly text: <N extends keyof En & string>(namespace: N) => Translate<MessageKey<En[N]>>;
}

const mirrorToDocument = (language: string): void => {
  if (typeof document !== 'undefined') document.documentElement.lang = language;
};

/**
 * One instance per page. Keys are typed from the English resources; Spanish must have the same tree.
 * The namespace `ui` is taken by this package's own words.
 * Rejected: the library's global type augmentation; three pages in one type check would share one set of keys.
 */
export function createI18n<const En extends Namespaces>(options: {
  readonly resources: { readonly en: En; readonly es: Translated<En> };
  /** Default: the stored choice, else the browser's language. */
  readonly language?: Language;
}): GuildhallI18n<En> {
  const i18n = createInstance();
  void i18n.use(initReactI18next).init({
    resources: {
      en: { ...options.resources.en, ui: uiEn },
      es: { ...options.resources.es, ui: uiEs },
    },
    lng: options.language ?? detectLanguage(),
    fallbackLng: 'en',
    initAsync: false,
    interpolation: { escapeValue: false },
    react: { useSuspense: false },
  });
  mirrorToDocument(i18n.language);
  i18n.on('languageChanged', mirrorToDocument);
  return {
    i18n,
    useText: (namespace) => {
      const { t } = useTranslation(namespace, { i18n });
      return useCallback((key: string, values?: TextValues) => t(key, { ...values }), [t]);
    },
    text: (namespace) => (key: string, values?: TextValues) => i18n.t(key, { ...values, ns: namespace }),
  };
}

/** The language of the page and the switch, which is remembered in this browser. */
export function useLanguage(): {
  readonly language: Language;
  readonly setLanguage: (language: Language) => void;
} {
  const { i18n } = useTranslation('ui');
  const setLanguage = useCallback(
    (language: Language) => {
      storeLanguage(language);
      void i18n.changeLanguage(language);
    },
    [i18n],
  );
  return { language: i18n.resolvedLanguage === 'es' ? 'es' : 'en', setLanguage };
}
