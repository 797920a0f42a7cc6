import { Button, Stack, Textarea } from '@mantine/core';
import { useForm } from '@mantine/form';
import { FormError, showToast, type ErrorWords } from '@guildhall/ui';
import { useState } from 'react';
import { useUploadCertificate } from '../../api/certificates.ts';
import { useErrorWords } from '../../lib/errors.ts';
import { useText } from '../../words/words.ts';

const FIELDS = ['certificatePem', 'keyPem'] as const;

/** Certificate and key as text; without the key, which then is that of the open request, when `withKey` is false. */
export function UploadWay({ withKey = true }: { readonly withKey?: boolean }) {
  const t = useText('certificates');
  const toWords = useErrorWords();
  const upload = useUploadCertificate();
  const [error, setError] = useState<ErrorWords>();
  const form = useForm({
    initialValues: { certificatePem: '', keyPem: '' },
    validate: {
      certificatePem: (value) => (value.includes('BEGIN CERTIFICATE') ? null : t('certificateWrong')),
      keyPem: (value) => (!withKey || value.includes('PRIVATE KEY') ? null : t('keyWrong')),
    },
  });
  const submit = async ({ certificatePem, keyPem }: typeof form.values): Promise<void> => {
    setError(undefined);
    try {
      await upload.mutateAsync({ certificatePem, ...(withKey && { keyPem }) });
      form.reset();
      showToast({ tone: 'good', message: t('installed') });
    } catch (refusal) {
      const { field, words } = toWords(refusal);
      const named = FIELDS.find((one) => one === field && (withKey || one !== 'keyPem'));
      if (named) form.setFieldError(named, words.message);
      else setError(words);
    }
  };
  return (
    <form onSubmit={form.onSubmit((values) => void submit(values))} noValidate>
      <Stack gap="md">
        <FormError error={error} />
        <Textarea
          label={t('certificatePem')}
          description={t('certificateHint')}
          placeholder="-----BEGIN CERTIFICATE-----"
          rows={6}
          spellCheck={false}
          {...form.getInputProps('certificatePem')}
        />
        {withKey ? (
          <Textarea
            label={t('keyPem')}
            description={t('keyHint')}
            placeholder="-----BEGIN PRIVATE KEY-----"
            rows={4}
            spellCheck={false}
            autoComplete="off"
            {...form.getInputProps('keyPem')}
          />
        ) : null}
        <div>
          <Button type="submit" loading={upload.isPending}>
            {t('install')}
          </Button>
        </div>
      </Stack>
    </form>
  );
}
