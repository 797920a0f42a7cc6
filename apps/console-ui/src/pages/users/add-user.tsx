import { Button, Group, SegmentedControl, Stack, TextInput } from '@mantine/core';
import { useForm } from '@mantine/form';
import { ConsoleAuthority, ConsoleUserName } from '@guildhall/protocol';
import { Dialog, FormError, PasswordField, showToast, type ErrorWords } from '@guildhall/ui';
import { useId, useState } from 'react';
import { useAddUser } from '../../api/users.ts';
import { useErrorWords } from '../../lib/errors.ts';
import { useText } from '../../words/words.ts';
import classes from '../pages.module.css';

const MIN_PASSWORD = 10;
const FIELDS = ['username', 'password', 'authority'] as const;

export function AddUserDialog({ onClose }: { readonly onClose: () => void }) {
  const t = useText('users');
  const signIn = useText('signIn');
  const password = useText('password');
  const toWords = useErrorWords();
  const add = useAddUser();
  const authorityLabel = useId();
  const [error, setError] = useState<ErrorWords>();
  const form = useForm<{ username: string; password: string; authority: string }>({
    initialValues: { username: '', password: '', authority: 'view' },
    validate: {
      username: (value) => (ConsoleUserName.safeParse(value.trim()).success ? null : signIn('usernameWrong')),
      password: (value) => (value.length < MIN_PASSWORD ? password('nextShort') : null),
    },
  });
  const submit = async (values: typeof form.values): Promise<void> => {
    setError(undefined);
    const username = values.username.trim();
    try {
      const authority = ConsoleAuthority.parse(values.authority);
      await add.mutateAsync({ username, password: values.password, authority });
      showToast({ tone: 'good', message: t('added', { username }) });
      onClose();
    } catch (refusal) {
      const { field, words } = toWords(refusal);
      const named = FIELDS.find((one) => one === field);
      if (named) form.setFieldError(named, words.message);
      else setError(words);
    }
  };
  const authority = ConsoleAuthority.safeParse(form.values.authority);
  return (
    <Dialog opened onClose={onClose} title={t('addTitle')}>
      <form onSubmit={form.onSubmit((values) => void submit(values))} noValidate>
        <Stack gap="md">
          <FormError error={error} />
          <TextInput
            label={signIn('username')}
            description={signIn('usernameHint')}
            autoComplete="off"
            autoCapitalize="none"
            spellCheck={false}
            data-autofocus
            {...form.getInputProps('username')}
          />
          <PasswordField
            label={t('firstPassword')}
            description={t('firstPasswordHint')}
            autoComplete="new-password"
            {...form.getInputProps('password')}
          />
          <div>
            <div id={authorityLabel} className={classes.label}>
              {t('authority')}
            </div>
            <SegmentedControl
              aria-labelledby={authorityLabel}
              data={ConsoleAuthority.options.map((value) => ({ value, label: t(`authorities.${value}`) }))}
              {...form.getInputProps('authority')}
            />
            <div className={classes.small}>
              {authority.success ? t(`authorityHint.${authority.data}`) : null}
            </div>
          </div>
          <Group justify="flex-end">
            <Button type="submit" loading={add.isPending}>
              {t('add')}
            </Button>
          </Group>
        </Stack>
      </form>
    </Dialog>
  );
}
