import { Button, Group, Select, Stack, TextInput } from '@mantine/core';
import { useForm } from '@mantine/form';
import { Email, UserRole, type Me } from '@guildhall/protocol';
import { CopyButton, Dialog, DialogActions, FormError, showToast, type ErrorWords } from '@guildhall/ui';
import { WandSparkles } from 'lucide-react';
import { useState } from 'react';
import { useAddUser } from '../api/queries.ts';
import { useErrorWords } from '../lib/errors.ts';
import { newPassword } from '../lib/random-text.ts';
import { useText } from '../words/words.ts';

const MIN_PASSWORD = 10;

/** A new member with a first password. Only owners may make owners. */
export function AddPersonDialog({
  me,
  opened,
  onClose,
}: {
  readonly me: Me;
  readonly opened: boolean;
  readonly onClose: () => void;
}) {
  const t = useText('people');
  const toWords = useErrorWords();
  const add = useAddUser();
  const [error, setError] = useState<ErrorWords>();
  const form = useForm<{ name: string; email: string; role: string; password: string }>({
    initialValues: { name: '', email: '', role: 'member', password: '' },
    validate: {
      name: (value) => (value.trim() ? (value.length > 64 ? t('nameLong') : null) : t('nameNeeded')),
      email: (value) => (Email.safeParse(value.trim()).success ? null : t('emailWrong')),
      password: (value) => (value.length < MIN_PASSWORD ? t('passwordShort') : null),
    },
  });
  const close = (): void => {
    form.reset();
    setError(undefined);
    onClose();
  };
  const submit = async (values: typeof form.values): Promise<void> => {
    setError(undefined);
    try {
      await add.mutateAsync({
        name: values.name.trim(),
        email: values.email.trim(),
        role: UserRole.parse(values.role),
        password: values.password,
      });
      showToast({ tone: 'good', message: t('added', { name: values.name.trim() }) });
      close();
    } catch (refusal) {
      const { field, words } = toWords(refusal);
      if (words.code === 'user.email-taken') form.setFieldError('email', words.message);
      else if (words.code === 'auth.weak-password') form.setFieldError('password', words.message);
      else if (field && field in form.values) form.setFieldError(field, words.message);
      else setError(words);
    }
  };
  const roles = UserRole.options.filter((role) => role !== 'owner' || me.user.role === 'owner');
  const chosen = UserRole.safeParse(form.values.role);
  return (
    <Dialog opened={opened} onClose={close} title={t('dialogTitle')}>
      <form onSubmit={form.onSubmit((values) => void submit(values))} noValidate>
        <Stack gap="md">
          <FormError error={error} />
          <TextInput label={t('name')} autoComplete="off" data-autofocus {...form.getInputProps('name')} />
          <TextInput label={t('email')} type="email" autoComplete="off" {...form.getInputProps('email')} />
          <Select
            label={t('role')}
            data={roles.map((role) => ({ value: role, label: t(`roles.${role}`) }))}
            description={chosen.success ? t(`roleHints.${chosen.data}`) : undefined}
            inputWrapperOrder={['label', 'input', 'description', 'error']}
            allowDeselect={false}
            {...form.getInputProps('role')}
          />
          <TextInput
            label={t('password')}
            description={t('passwordHint')}
            autoComplete="off"
            inputWrapperOrder={['label', 'input', 'description', 'error']}
            {...form.getInputProps('password')}
          />
          <Group gap="xs">
            <Button
              variant="default"
              size="xs"
              leftSection={<WandSparkles size={14} aria-hidden />}
              onClick={() => form.setFieldValue('password', newPassword())}
            >
              {t('makePassword')}
            </Button>
            {form.values.password ? <CopyButton value={form.values.password} size="xs" /> : null}
          </Group>
          <DialogActions submitLabel={t('submit')} busy={add.isPending} onCancel={close} />
        </Stack>
      </form>
    </Dialog>
  );
}
