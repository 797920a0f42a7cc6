/**
 * React components, tokens and translations that every page shares. No network, no router.
 * Importing it brings the tokens and the component styles this package uses.
 */
import './theme/mantine.css';
import './theme/tokens.css';
import './theme/fonts.css';
import './theme/base.css';

export { GuildhallProvider } from './provider.tsx';
export { useFocusOnPage } from './use-focus-on-page.ts';
export { useNow } from './use-now.ts';
export { readStyleNonce } from './nonce.ts';
export { readChoice, writeChoice } from './storage.ts';
export { useAppearance, type Appearance } from './theme/appearance.ts';
export type { Density } from './theme/theme.ts';
export { createI18n, useLanguage, type GuildhallI18n } from './i18n/create-i18n.ts';
export { errorSentence, useErrorSentence } from './i18n/error-words.ts';
export { translationGaps } from './i18n/parity.ts';
export {
  LANGUAGE_NAMES,
  LANGUAGES,
  type Language,
  type MessageKey,
  type Messages,
  type TextValues,
  type Translate,
  type Translated,
} from './i18n/types.ts';
export { AppShell, CardHead, CardPage, SkipLink } from './components/app-shell.tsx';
export { ConfirmDialog, type ConfirmDialogProps } from './components/confirm-dialog.tsx';
export { Dialog } from './components/dialog.tsx';
export { DialogActions } from './components/dialog-actions.tsx';
export { copyText } from './components/copy.ts';
export { CopyButton } from './components/copy-button.tsx';
export { IconButton, type IconButtonProps } from './components/icon-button.tsx';
export { LogoMark } from './components/logo.tsx';
export { Logo } from './components/wordmark.tsx';
export { PageHeader } from './components/page-header.tsx';
export { PasswordField } from './components/password-field.tsx';
export {
  AppearanceControl,
  AppearanceMenu,
  LanguageControl,
  LanguageMenu,
} from './components/preferences.tsx';
export { PreferencesCardPage } from './components/preferences-card-page.tsx';
export { SignInCard } from './components/sign-in-card.tsx';
export { RailSections, type RailItem, type RailSection } from './components/rail-sections.tsx';
export { SideRail } from './components/side-rail.tsx';
export { StateWord, type StateName } from './components/state-word.tsx';
export { EmptyState, ErrorState, FormError, LoadingState, type ErrorWords } from './components/states.tsx';
export { hideToast, showToast, type Toast, type ToastTone } from './components/toast.tsx';
