import { Button, Group, Stack } from '@mantine/core';
import { useForm } from '@mantine/form';
import { Dialog, FormError, PasswordField, showToast, type ErrorWords } from '@guildhall/ui';
import { useState } from 'react';
import { useResetPassword } from '../../api/users.ts';
import { useErrorWords } from '../../lib/errors.ts';
import { useText } from '../../words/words.ts';

const MIN_PASSWORD = 10;

/** Gives somebody another password, which they have to change at their next sign-in. */
export function ResetPasswordDialog(props: { readonly username: string; readonly onClose: () => void }) {
  const { username, onClose } = props;
  const t = useText('users');
  const password = useText('password');
  const toWords = useErrorWords();
  const reset = useResetPassword();
  const [error, setError] = useState<ErrorWords>();
  const form = useForm({
    initialValues: { newPassword: '' },
    validate: {
      newPassword: (value) => (value.length < MIN_PASSWORD ? password('nextShort') : null),
    },
  });
  const submit = async ({ newPassword }: typeof form.values): Promise<void> => {
    setError(undefined);
    try {
      await reset.mutateAsync({ username, newPassword });
      showToast({ tone: 'good', message: t('resetDone', { username }) });
      onClose();
    } catch (refusal) {
      const { field, words } = toWords(refusal);
      if (field === 'newPassword') form.setFieldError('newPassword', words.message);
      else setError(words);
    }
  };
  return (
    <Dialog opened onClose={onClose} title={t('resetTitle', { username })}>
      <form onSubmit={form.onSubmit((values) => void submit(values))} noValidate>
        <Stack gap="md">
          <div>{t('resetText', { username })}</div>
          <FormError error={error} />
          <PasswordField
            label={password('next')}
            description={password('nextHint')}
            autoComplete="new-password"
            data-autofocus
            {...form.getInputProps('newPassword')}
          />
          <Group justify="flex-end">
            <Button type="submit" loading={reset.isPending}>
              {t('reset')}
            </Button>
          </Group>
        </Stack>
      </form>
    </Dialog>
  );
}
