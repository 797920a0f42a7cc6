import { Anchor, TextInput } from '@mantine/core';
import { useForm } from '@mantine/form';
import { useDisclosure } from '@mantine/hooks';
import { PasswordField, SignInCard, type ErrorWords } from '@guildhall/ui';
import { useState } from 'react';
import { useSignIn } from '../api/queries.ts';
import { useErrorWords } from '../lib/errors.ts';
import { usePageTitle } from '../lib/use-page-title.ts';
import { useText } from '../words/words.ts';
import { JoinDialog } from './join-dialog.tsx';
import classes from './pages.module.css';

/** The router leaves this page as soon as somebody is signed in. */
export function SignInPage() {
  const t = useText('signIn');
  const toWords = useErrorWords();
  const signIn = useSignIn();
  const [error, setError] = useState<ErrorWords>();
  const [joining, join] = useDisclosure(false);
  usePageTitle(t('title'));
  const form = useForm({
    initialValues: { email: '', password: '' },
    validate: {
      email: (value) => (value.trim() ? null : t('emailNeeded')),
      password: (value) => (value ? null : t('passwordNeeded')),
    },
  });
  const submit = async (values: typeof form.values): Promise<void> => {
    setError(undefined);
    try {
      await signIn.mutateAsync({ email: values.email.trim(), password: values.password });
    } catch (refusal) {
      setError(toWords(refusal).words);
    }
  };
  return (
    <>
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
        otherWay={
          <Anchor component="button" type="button" className={classes.centered} onClick={join.open}>
            {t('joinInstead')}
          </Anchor>
        }
      >
        <TextInput
          label={t('email')}
          type="email"
          autoComplete="username"
          inputMode="email"
          size="md"
          {...form.getInputProps('email')}
        />
        <PasswordField
          label={t('password')}
          autoComplete="current-password"
          size="md"
          {...form.getInputProps('password')}
        />
      </SignInCard>
      <JoinDialog opened={joining} onClose={join.close} />
    </>
  );
}
