import { Button, TextInput } from '@mantine/core';
import { useForm } from '@mantine/form';
import type { Me } from '@guildhall/protocol';
import {
  AppearanceControl,
  FormError,
  LanguageControl,
  PageHeader,
  PasswordField,
  showToast,
  type ErrorWords,
} from '@guildhall/ui';
import { LogOut } from 'lucide-react';
import { useState } from 'react';
import { useChangePassword, useSignOut, useUpdateName } from '../api/queries.ts';
import { useErrorWords } from '../lib/errors.ts';
import { usePageTitle } from '../lib/use-page-title.ts';
import { useText } from '../words/words.ts';
import classes from './pages.module.css';

const MIN_PASSWORD = 10;

export function AccountPage({ me }: { readonly me: Me }) {
  const t = useText('account');
  const toWords = useErrorWords();
  const signOut = useSignOut();
  usePageTitle(t('title'));
  const leave = async (): Promise<void> => {
    try {
      await signOut.mutateAsync();
    } catch (error) {
      showToast({ tone: 'bad', message: toWords(error).words.message });
    }
  };
  return (
    <>
      <PageHeader
        title={t('title')}
        subtitle={me.user.email}
        actions={
          <Button
            variant="default"
            leftSection={<LogOut size={18} aria-hidden />}
            loading={signOut.isPending}
            onClick={() => void leave()}
          >
            {t('signOut')}
          </Button>
        }
      />
      <div className={classes.columns}>
        <Profile me={me} />
        <div className={classes.stack}>
          <section className={classes.card}>
            <h2>{t('preferences')}</h2>
            <div className={classes.preference}>
              <span>{t('language')}</span>
              <LanguageControl />
            </div>
            <div className={classes.preference}>
              <span>{t('appearance')}</span>
              <AppearanceControl />
            </div>
          </section>
          <ChangePassword />
        </div>
      </div>
    </>
  );
}

function Profile({ me }: { readonly me: Me }) {
  const t = useText('account');
  const app = useText('app');
  const people = useText('people');
  const toWords = useErrorWords();
  const update = useUpdateName();
  const form = useForm({
    initialValues: { name: me.user.name },
    validate: { name: (value) => (value.trim() ? null : t('nameNeeded')) },
  });
  const submit = async ({ name }: { name: string }): Promise<void> => {
    try {
      await update.mutateAsync(name.trim());
      showToast({ tone: 'good', message: app('saved') });
    } catch (error) {
      form.setFieldError('name', toWords(error).words.message);
    }
  };
  return (
    <section className={classes.card}>
      <h2>{t('profile')}</h2>
      <form onSubmit={form.onSubmit((values) => void submit(values))} noValidate className={classes.stack}>
        <TextInput
          label={t('name')}
          description={t('nameHint')}
          autoComplete="name"
          maxLength={64}
          {...form.getInputProps('name')}
        />
        <dl className={classes.facts}>
          <div className={classes.fact}>
            <dt>{t('email')}</dt>
            <dd>{me.user.email}</dd>
          </div>
          <div className={classes.fact}>
            <dt>{t('role')}</dt>
            <dd>{people(`roles.${me.user.role}`)}</dd>
          </div>
          <div className={classes.fact}>
            <dt>{t('organisation')}</dt>
            <dd>{me.account.name}</dd>
          </div>
        </dl>
        <div>
          <Button
            type="submit"
            loading={update.isPending}
            disabled={form.values.name.trim() === me.user.name}
          >
            {app('save')}
          </Button>
        </div>
      </form>
    </section>
  );
}

function ChangePassword() {
  const t = useText('account');
  const toWords = useErrorWords();
  const change = useChangePassword();
  const [error, setError] = useState<ErrorWords>();
  const form = useForm({
    initialValues: { currentPassword: '', newPassword: '' },
    validate: {
      currentPassword: (value) => (value ? null : t('currentNeeded')),
      newPassword: (value, values) => {
        if (value.length < MIN_PASSWORD) return t('nextShort');
        return value === values.currentPassword ? t('nextSame') : null;
      },
    },
  });
  const submit = async (values: typeof form.values): Promise<void> => {
    setError(undefined);
    try {
      await change.mutateAsync(values);
      form.reset();
      showToast({ tone: 'good', message: t('changed') });
    } catch (refusal) {
      const { words } = toWords(refusal);
      if (words.code === 'auth.wrong-password') form.setFieldError('currentPassword', words.message);
      else if (words.code === 'auth.weak-password') form.setFieldError('newPassword', words.message);
      else setError(words);
    }
  };
  return (
    <section className={classes.card}>
      <h2>{t('passwordTitle')}</h2>
      <form onSubmit={form.onSubmit((values) => void submit(values))} noValidate className={classes.stack}>
        <FormError error={error} />
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
        <div>
          <Button type="submit" variant="default" loading={change.isPending}>
            {t('change')}
          </Button>
        </div>
      </form>
    </section>
  );
}
