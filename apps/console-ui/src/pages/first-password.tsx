import type { ConsoleMe } from '@guildhall/protocol';
import { PreferencesCardPage } from '@guildhall/ui';
import { useText } from '../words/words.ts';
import classes from './pages.module.css';
import { PasswordForm } from './password-form.tsx';

/** Stands before everything else until the machine's first password is replaced. */
export function FirstPasswordPage({ me }: { readonly me: ConsoleMe }) {
  const t = useText('password');
  return (
    <PreferencesCardPage>
      <h1 className={classes.cardTitle}>{t('firstTitle')}</h1>
      <p className={classes.lead}>{t('firstText')}</p>
      <PasswordForm username={me.username} />
    </PreferencesCardPage>
  );
}
