import { Button, Group, Stack, Textarea, TextInput } from '@mantine/core';
import { useForm } from '@mantine/form';
import type { ConsoleCertificates } from '@guildhall/protocol';
import { CopyButton, FormError, showToast, type ErrorWords } from '@guildhall/ui';
import { useState } from 'react';
import { useCreateRequest, useDropRequest } from '../../api/certificates.ts';
import { useErrorWords } from '../../lib/errors.ts';
import { useText } from '../../words/words.ts';
import { areHosts, hostsOf } from './hosts.ts';
import { UploadWay } from './upload.tsx';

/** Makes a request for an authority to sign; then takes the certificate it signed. */
export function RequestWay({ request }: { readonly request: ConsoleCertificates['request'] }) {
  return request ? <OpenRequest request={request} /> : <NewRequest />;
}

function NewRequest() {
  const t = useText('certificates');
  const toWords = useErrorWords();
  const create = useCreateRequest();
  const [error, setError] = useState<ErrorWords>();
  const form = useForm({
    initialValues: { hosts: '' },
    validate: { hosts: (value) => (areHosts(value) ? null : t('hostsWrong')) },
  });
  const submit = async ({ hosts }: typeof form.values): Promise<void> => {
    setError(undefined);
    try {
      await create.mutateAsync({ hosts: hostsOf(hosts) });
    } catch (refusal) {
      setError(toWords(refusal).words);
    }
  };
  return (
    <form onSubmit={form.onSubmit((values) => void submit(values))} noValidate>
      <Stack gap="md">
        <FormError error={error} />
        <TextInput
          label={t('hosts')}
          description={t('hostsHint')}
          spellCheck={false}
          {...form.getInputProps('hosts')}
        />
        <div>
          <Button type="submit" loading={create.isPending}>
            {t('makeRequest')}
          </Button>
        </div>
      </Stack>
    </form>
  );
}

function OpenRequest({ request }: { readonly request: NonNullable<ConsoleCertificates['request']> }) {
  const t = useText('certificates');
  const toWords = useErrorWords();
  const drop = useDropRequest();
  const discard = async (): Promise<void> => {
    try {
      await drop.mutateAsync(undefined);
    } catch (refusal) {
      showToast({ tone: 'bad', message: toWords(refusal).words.message });
    }
  };
  return (
    <Stack gap="md">
      <Textarea
        label={t('openRequest', { hosts: request.hosts.join(', ') })}
        value={request.csrPem}
        rows={6}
        readOnly
      />
      <Group gap="xs">
        <CopyButton value={request.csrPem} label={t('copyRequest')} />
        <Button variant="outline" color="bad" loading={drop.isPending} onClick={() => void discard()}>
          {t('discardRequest')}
        </Button>
      </Group>
      <UploadWay withKey={false} />
    </Stack>
  );
}
