import { Button, SegmentedControl, Stack, TextInput } from '@mantine/core';
import { useForm } from '@mantine/form';
import { ConnectorToken, HttpUrl, VmRole, type ConsoleStatus } from '@guildhall/protocol';
import { FormError, PasswordField, showToast, StateWord, type ErrorWords } from '@guildhall/ui';
import { useId, useState } from 'react';
import { usePair } from '../../api/queries.ts';
import { useErrorWords } from '../../lib/errors.ts';
import { useText } from '../../words/words.ts';
import classes from '../pages.module.css';

type Pairing = ConsoleStatus['pairing'];

/** Which account this server belongs to, or the form that joins it to one. */
export function PairingCard({
  pairing,
  mayOperate,
}: {
  readonly pairing: Pairing;
  readonly mayOperate: boolean;
}) {
  const t = useText('pairing');
  return (
    <section className={classes.card}>
      <div className={classes.cardHead}>
        <h2>{t('title')}</h2>
        <StateWord state={pairing.paired ? 'running' : 'waiting'}>
          {pairing.paired
            ? t('paired', { account: pairing.accountName ?? pairing.accountId ?? '' })
            : t('notPaired')}
        </StateWord>
      </div>
      {pairing.paired ? <Facts pairing={pairing} /> : null}
      {!pairing.paired && mayOperate ? <PairForm /> : null}
    </section>
  );
}

function Facts({ pairing }: { readonly pairing: Pairing }) {
  const t = useText('pairing');
  const status = useText('status');
  const facts = [
    [t('role'), status(`roles.${pairing.role ?? 'none'}`)],
    [t('controlUrl'), pairing.controlUrl],
    [t('nodeId'), pairing.nodeId],
    [t('zoneId'), pairing.zoneId],
  ] as const;
  return (
    <dl className={classes.facts}>
      {facts.map(([name, value]) => (
        <div key={name} className={classes.fact}>
          <dt>{name}</dt>
          <dd>{value ?? '–'}</dd>
        </div>
      ))}
    </dl>
  );
}

const FIELDS = ['token', 'controlUrl', 'role'] as const;

function PairForm() {
  const t = useText('pairing');
  const status = useText('status');
  const toWords = useErrorWords();
  const pair = usePair();
  const roleLabel = useId();
  const [error, setError] = useState<ErrorWords>();
  const form = useForm<{ token: string; controlUrl: string; role: string }>({
    initialValues: { token: '', controlUrl: '', role: 'controller' },
    validate: {
      token: (value) => (ConnectorToken.safeParse(value.trim()).success ? null : t('tokenWrong')),
      controlUrl: (value) => (HttpUrl.safeParse(value.trim()).success ? null : t('urlWrong')),
    },
  });
  const submit = async (values: typeof form.values): Promise<void> => {
    setError(undefined);
    try {
      await pair.mutateAsync({
        token: values.token.trim(),
        controlUrl: values.controlUrl.trim(),
        role: VmRole.parse(values.role),
      });
      showToast({ tone: 'good', message: t('done') });
    } catch (refusal) {
      const { field, words } = toWords(refusal);
      const named = words.code === 'connector.wrong-token' ? 'token' : FIELDS.find((one) => one === field);
      if (named) form.setFieldError(named, words.message);
      else setError(words);
    }
  };
  const role = VmRole.safeParse(form.values.role);
  return (
    <form onSubmit={form.onSubmit((values) => void submit(values))} noValidate className={classes.form}>
      <Stack gap="md">
        <p className={classes.soft}>{t('text')}</p>
        <FormError error={error} />
        <PasswordField
          label={t('token')}
          description={t('tokenHint')}
          autoComplete="off"
          {...form.getInputProps('token')}
        />
        <TextInput
          label={t('controlUrl')}
          description={t('urlHint')}
          type="url"
          inputMode="url"
          spellCheck={false}
          {...form.getInputProps('controlUrl')}
        />
        <div>
          <div id={roleLabel} className={classes.label}>
            {t('role')}
          </div>
          <SegmentedControl
            aria-labelledby={roleLabel}
            data={VmRole.options.map((value) => ({ value, label: status(`roles.${value}`) }))}
            {...form.getInputProps('role')}
          />
          <div className={classes.small}>{role.success ? t(`roleHint.${role.data}`) : null}</div>
        </div>
        <div>
          <Button type="submit" loading={pair.isPending}>
            {t('submit')}
          </Button>
        </div>
      </Stack>
    </form>
  );
}
