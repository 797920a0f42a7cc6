import { Button, Stack, TextInput } from '@mantine/core';
import { useForm } from '@mantine/form';
import { ConsoleUserName } from '@guildhall/protocol';
import {
  AppearanceMenu,
  CardPage,
  FormError,
  LanguageMenu,
  PasswordField,
  type ErrorWords,
} from '@guildhall/ui';
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
    <CardPage
      footer={
        <>
          <LanguageMenu />
          <AppearanceMenu />
        </>
      }
    >
      <form onSubmit={form.onSubmit((values) => void submit(values))} noValidate>
        <Stack gap="md">
          <div>
            <h1 className={classes.cardTitle}>{t('title')}</h1>
            <p className={classes.soft}>{t('text')}</p>
          </div>
          <FormError error={error} />
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
          <Button type="submit" fullWidth size="md" loading={signIn.isPending}>
            {t('submit')}
          </Button>
        </Stack>
      </form>
    </CardPage>
  );
}
