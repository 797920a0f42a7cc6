import type { ReactNode } from 'react';
import { CardPage } from './app-shell.tsx';
import { AppearanceMenu, LanguageMenu } from './preferences.tsx';

/** A card page with language and appearance below it: who is not signed in yet has no other place to choose them. */
export function PreferencesCardPage({ children }: { readonly children: ReactNode }) {
  return (
    <CardPage
      footer={
        <>
          <LanguageMenu />
          <AppearanceMenu />
        </>
      }
    >
      {children}
    </CardPage>
  );
}
