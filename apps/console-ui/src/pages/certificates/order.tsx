import { Alert, Button, Checkbox, Stack, TextInput } from '@mantine/core';
import { useForm } from '@mantine/form';
import { Email, HttpUrl, OrderCertificateRequest, type ConsoleCertificates } from '@guildhall/protocol';
import { FormError, StateWord, type ErrorWords } from '@guildhall/ui';
import { CircleAlert } from 'lucide-react';
import { useState } from 'react';
import { useOrderCertificate } from '../../api/certificates.ts';
import { useErrorWords } from '../../lib/errors.ts';
import { useText } from '../../words/words.ts';
import { areHosts, hostsOf } from './hosts.ts';

const directoryUrl = OrderCertificateRequest.shape.directoryUrl.parse(undefined);

/** Orders a certificate by ACME and tells how the order goes. */
export function OrderWay({ order }: { readonly order: ConsoleCertificates['order'] }) {
  const t = useText('certificates');
  const toWords = useErrorWords();
  const send = useOrderCertificate();
  const [error, setError] = useState<ErrorWords>();
  const form = useForm({
    initialValues: { hosts: '', email: '', directoryUrl, termsAgreed: false },
    validate: {
      hosts: (value) => (areHosts(value) ? null : t('hostsWrong')),
      email: (value) => (Email.safeParse(value.trim()).success ? null : t('emailWrong')),
      directoryUrl: (value) => (HttpUrl.safeParse(value.trim()).success ? null : t('directoryWrong')),
      termsAgreed: (value) => (value ? null : t('termsNeeded')),
    },
  });
  const submit = async (values: typeof form.values): Promise<void> => {
    setError(undefined);
    try {
      await send.mutateAsync({
        hosts: hostsOf(values.hosts),
        email: values.email.trim(),
        directoryUrl: values.directoryUrl.trim(),
        termsAgreed: true,
      });
    } catch (refusal) {
      setError(toWords(refusal).words);
    }
  };
  return (
    <form onSubmit={form.onSubmit((values) => void submit(values))} noValidate>
      <Stack gap="md">
        <FormError error={error} />
        <OrderState order={order} />
        <TextInput
          label={t('hosts')}
          description={t('orderHostsHint')}
          spellCheck={false}
          {...form.getInputProps('hosts')}
        />
        <TextInput
          label={t('email')}
          description={t('emailHint')}
          type="email"
          autoComplete="email"
          {...form.getInputProps('email')}
        />
        <TextInput
          label={t('directory')}
          description={t('directoryHint')}
          type="url"
          spellCheck={false}
          {...form.getInputProps('directoryUrl')}
        />
        <Checkbox label={t('terms')} {...form.getInputProps('termsAgreed', { type: 'checkbox' })} />
        <div>
          <Button type="submit" loading={send.isPending || order.state === 'running'}>
            {t('order')}
          </Button>
        </div>
      </Stack>
    </form>
  );
}

function OrderState({ order }: { readonly order: ConsoleCertificates['order'] }) {
  const t = useText('certificates');
  const hosts = order.hosts.join(', ');
  if (order.state === 'running') return <StateWord state="starting">{t('ordering', { hosts })}</StateWord>;
  if (order.state === 'done') return <StateWord state="running">{t('ordered', { hosts })}</StateWord>;
  if (order.state === 'none') return null;
  return (
    <Alert color="bad" variant="light" icon={<CircleAlert size={18} aria-hidden />} role="alert">
      {t('orderFailed', { hosts })} {order.reason}
    </Alert>
  );
}
