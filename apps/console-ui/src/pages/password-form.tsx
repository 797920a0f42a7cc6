import { Button, Stack } from '@mantine/core';
import { useForm } from '@mantine/form';
import { FormError, PasswordField, showToast, type ErrorWords } from '@guildhall/ui';
import { useState } from 'react';
import { useChangePassword } from '../api/queries.ts';
import { useErrorWords } from '../lib/errors.ts';
import { useText } from '../words/words.ts';

const MIN_PASSWORD = 10;

/** Changes the console password; `onDone` after it was stored. */
export function PasswordForm({
  username,
  onDone,
}: {
  readonly username: string;
  readonly onDone?: () => void;
}) {
  const t = useText('password');
  const toWords = useErrorWords();
  const change = useChangePassword();
  const [error, setError] = useState<ErrorWords>();
  const form = useForm({
    initialValues: { currentPassword: '', newPassword: '', repeated: '' },
    validate: {
      currentPassword: (value) => (value ? null : t('currentNeeded')),
      newPassword: (value, values) => {
        if (value.length < MIN_PASSWORD) return t('nextShort');
        return value === values.currentPassword ? t('nextSame') : null;
      },
      repeated: (value, values) => (value === values.newPassword ? null : t('repeatWrong')),
    },
  });
  const submit = async ({ currentPassword, newPassword }: typeof form.values): Promise<void> => {
    setError(undefined);
    try {
      await change.mutateAsync({ currentPassword, newPassword });
      showToast({ tone: 'good', message: t('done') });
      onDone?.();
    } catch (refusal) {
      const { words } = toWords(refusal);
      if (words.code === 'auth.wrong-password') form.setFieldError('currentPassword', words.message);
      else if (words.code === 'auth.weak-password') form.setFieldError('newPassword', words.message);
      else setError(words);
    }
  };
  return (
    <form onSubmit={form.onSubmit((values) => void submit(values))} noValidate>
      <Stack gap="md">
        <FormError error={error} />
        {/* Lets a password manager know whose password changes. */}
        <input type="text" name="username" autoComplete="username" value={username} readOnly hidden />
        <PasswordField
          label={t('current')}
          autoComplete="current-password"
          {...form.getInputProps('currentPassword')}
        />
        <PasswordField
          label={t('next')}
          description={t('nextHint')}
          autoComplete="new-password"
          {...form.getInputProps('newPassword')}
        />
        <PasswordField label={t('repeat')} autoComplete="new-password" {...form.getInputProps('repeated')} />
        <Button type="submit" loading={change.isPending}>
          {t('submit')}
        </Button>
      </Stack>
    </form>
  );
}
