import { TextInput } from '@mantine/core';
import { useForm } from '@mantine/form';
import { ConsoleUserName } from '@guildhall/protocol';
import { PasswordField, SignInCard, type ErrorWords } from '@guildhall/ui';
import { useState } from 'react';
import { useSignIn } from '../api/queries.ts';
import { useErrorWords } from '../lib/errors.ts';
import { useText } from '../words/words.ts';
import classes from './pages.module.css';

export function SignInPage() {
  const t = useText('signIn');
  const toWords = useErrorWords();
  const signIn = useSignIn();
  const [error, setError] = useState<ErrorWords>();
  const form = useForm({
    initialValues: { username: 'admin', password: '' },
    validate: {
      username: (value) => (ConsoleUserName.safeParse(value.trim()).success ? null : t('usernameWrong')),
      password: (value) => (value ? null : t('passwordNeeded')),
    },
  });
  const submit = async (values: typeof form.values): Promise<void> => {
    setError(undefined);
    try {
      await signIn.mutateAsync({ username: values.username.trim(), password: values.password });
    } catch (refusal) {
      setError(toWords(refusal).words);
    }
  };
  return (
    <SignInCard
      head={
        <>
          <h1 className={classes.cardTitle}>{t('title')}</h1>
          <p className={classes.soft}>{t('text')}</p>
        </>
      }
      error={error}
      submitLabel={t('submit')}
      busy={signIn.isPending}
      onSubmit={form.onSubmit((values) => void submit(values))}
    >
      <TextInput
        label={t('username')}
        description={t('usernameHint')}
        autoComplete="username"
        autoCapitalize="none"
        spellCheck={false}
        {...form.getInputProps('username')}
      />
      <PasswordField
        label={t('password')}
        description={t('passwordHint')}
        autoComplete="current-password"
        {...form.getInputProps('password')}
      />
    </SignInCard>
  );
}
