import { MantineProvider } from '@mantine/core';
import { Notifications } from '@mantine/notifications';
import type { i18n as I18n } from 'i18next';
import { LucideProvider } from 'lucide-react';
import { useMemo, type ReactNode } from 'react';
import { I18nextProvider } from 'react-i18next';
import { useUiText } from './i18n/use-ui-text.ts';
import { readStyleNonce } from './nonce.ts';
import { createAppearanceManager } from './theme/appearance.ts';
import { createGuildhallTheme, resolveCssVariables, type Density } from './theme/theme.ts';

/** Everything a page of ours stands in: words, theme and its switch, style nonce, icon stroke, toasts. */
export function GuildhallProvider({
  i18n,
  density = 'people',
  children,
}: {
  /** From `createI18n`. */
  readonly i18n: I18n;
  readonly density?: Density;
  readonly children: ReactNode;
}) {
  return (
    <I18nextProvider i18n={i18n}>
      <Look density={density}>{children}</Look>
    </I18nextProvider>
  );
}

function Look({ density, children }: { readonly density: Density; readonly children: ReactNode }) {
  const t = useUiText();
  const closeLabel = t('close');
  const theme = useMemo(() => createGuildhallTheme(density, closeLabel), [density, closeLabel]);
  const appearance = useMemo(() => createAppearanceManager(), []);
  return (
    <MantineProvider
      theme={theme}
      cssVariablesResolver={resolveCssVariables}
      colorSchemeManager={appearance}
      defaultColorScheme="auto"
      getStyleNonce={readStyleNonce}
    >
      <LucideProvider strokeWidth={1.75}>
        <Notifications position="top-right" limit={2} containerWidth={380} />
        {children}
      </LucideProvider>
    </MantineProvider>
  );
}
