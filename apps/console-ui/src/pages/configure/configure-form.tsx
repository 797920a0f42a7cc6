import { Button, SegmentedControl, Stack, TextInput } from '@mantine/core';
import { useForm } from '@mantine/form';
import { checkConfigure } from '@guildhall/domain';
import { ConnectorToken, HttpUrl, VmRole, type ConfigureView } from '@guildhall/protocol';
import { FormError, PasswordField, showToast, type ErrorWords } from '@guildhall/ui';
import { useId, useState } from 'react';
import { useConfigure } from '../../api/network.ts';
import { useErrorWords } from '../../lib/errors.ts';
import { useRuleText } from '../../lib/use-rule-text.ts';
import { useText } from '../../words/words.ts';
import page from '../pages.module.css';

interface Values {
  token: string;
  controlUrl: string;
  role: string;
  zcAddress: string;
  mmrAddress: string;
  otherZcAddress: string;
}

const FIELDS = ['token', 'controlUrl', 'role', 'zcAddress', 'mmrAddress', 'otherZcAddress'] as const;

/** Token, role and addresses; Submit enrols and puts what failed at its field. */
export function ConfigureForm({ view }: { readonly view: ConfigureView }) {
  const t = useText('configure');
  const pairing = useText('pairing');
  const status = useText('status');
  const toWords = useErrorWords();
  const ruleText = useRuleText();
  const configure = useConfigure();
  const roleLabel = useId();
  const [error, setError] = useState<ErrorWords>();
  const requestOf = (values: Values) => ({
    token: values.token.trim(),
    controlUrl: values.controlUrl.trim(),
    role: values.role === 'mmr' ? ('mmr' as const) : ('controller' as const),
    zcAddress: values.zcAddress.trim(),
    mmrAddress: values.mmrAddress.trim(),
    otherZcAddress: values.otherZcAddress.trim(),
  });
  const form = useForm<Values>({
    initialValues: {
      token: '',
      controlUrl: view.pairing.controlUrl ?? '',
      role: view.role,
      zcAddress: view.zcAddress,
      mmrAddress: view.mmrAddress,
      otherZcAddress: view.otherZcAddress,
    },
    validate: (values) => {
      const request = requestOf(values);
      return {
        ...(ConnectorToken.safeParse(request.token).success ? {} : { token: pairing('tokenWrong') }),
        ...(HttpUrl.safeParse(request.controlUrl).success ? {} : { controlUrl: pairing('urlWrong') }),
        ...Object.fromEntries(
          checkConfigure(request, view).map((refusal) => [refusal.field, ruleText(refusal)]),
        ),
      };
    },
  });
  const submit = async (values: Values): Promise<void> => {
    setError(undefined);
    try {
      await configure.mutateAsync(requestOf(values));
      form.setFieldValue('token', '');
      showToast({ tone: 'good', message: t('done') });
    } catch (refusal) {
      const { field, words } = toWords(refusal);
      const named = words.code === 'connector.wrong-token' ? 'token' : FIELDS.find((one) => one === field);
      if (named) form.setFieldError(named, words.message);
      else setError(words);
    }
  };
  const role = VmRole.catch('controller').parse(form.values.role);
  const address = { autoComplete: 'off', inputMode: 'decimal', spellCheck: false } as const;
  return (
    <form onSubmit={form.onSubmit((values) => void submit(values))} noValidate className={page.form}>
      <Stack gap="md">
        <FormError error={error} />
        <PasswordField
          label={pairing('token')}
          description={pairing('tokenHint')}
          autoComplete="off"
          {...form.getInputProps('token')}
        />
        <TextInput
          label={pairing('controlUrl')}
          description={pairing('urlHint')}
          type="url"
          inputMode="url"
          spellCheck={false}
          {...form.getInputProps('controlUrl')}
        />
        <div>
          <div id={roleLabel} className={page.label}>
            {pairing('role')}
          </div>
          <SegmentedControl
            aria-labelledby={roleLabel}
            data={VmRole.options.map((value) => ({ value, label: status(`roles.${value}`) }))}
            {...form.getInputProps('role')}
          />
          <div className={page.small}>{pairing(`roleHint.${role}`)}</div>
        </div>
        <TextInput
          label={t('zcAddress')}
          description={t(`zcHint.${role}`)}
          {...address}
          {...form.getInputProps('zcAddress')}
        />
        <TextInput
          label={t('mmrAddress')}
          description={t('mmrHint')}
          {...address}
          {...form.getInputProps('mmrAddress')}
        />
        <TextInput
          label={t('otherZcAddress')}
          description={t('otherZcHint')}
          {...address}
          {...form.getInputProps('otherZcAddress')}
        />
        <p className={page.soft}>
          {t('own', { addresses: view.own.length === 0 ? '–' : view.own.join(', ') })}
          {view.allowLoopback ? ` ${t('loopback')}` : null}
        </p>
        <div>
          <Button type="submit" loading={configure.isPending}>
            {t('submit')}
          </Button>
        </div>
      </Stack>
    </form>
  );
}
