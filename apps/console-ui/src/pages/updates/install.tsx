import { Button, FileInput, Stack } from '@mantine/core';
import { FormError, showToast, type ErrorWords } from '@guildhall/ui';
import { useState } from 'react';
import { useInstallBundle } from '../../api/updates.ts';
import { useErrorWords } from '../../lib/errors.ts';
import { useText } from '../../words/words.ts';
import classes from '../pages.module.css';

/** Uploads a signed bundle and has it installed. */
export function InstallBundle() {
  const t = useText('updates');
  const toWords = useErrorWords();
  const install = useInstallBundle();
  const [bundle, setBundle] = useState<File | null>(null);
  const [done, setDone] = useState(0);
  const [error, setError] = useState<ErrorWords>();
  const submit = async (file: File): Promise<void> => {
    setError(undefined);
    setDone(0);
    try {
      const { current } = await install.mutateAsync({ bundle: file, onProgress: setDone });
      setBundle(null);
      showToast({ tone: 'good', message: t('installed', { version: current ?? '' }) });
    } catch (refusal) {
      setError(toWords(refusal).words);
    }
  };
  return (
    <section className={classes.card}>
      <h2>{t('install')}</h2>
      <p className={classes.soft}>{t('installText')}</p>
      <Stack gap="md">
        <FormError error={error} />
        <FileInput
          label={t('bundle')}
          description={t('bundleHint')}
          placeholder={t('choose')}
          accept=".tar,application/x-tar"
          value={bundle}
          onChange={setBundle}
        />
        {install.isPending ? (
          <div>
            <progress className={classes.progress} value={done} aria-label={t('uploading')} />
            <div className={classes.small}>{done < 1 ? t('uploading') : t('verifying')}</div>
          </div>
        ) : null}
        <div>
          <Button
            disabled={bundle === null}
            loading={install.isPending}
            onClick={() => {
              if (bundle) void submit(bundle);
            }}
          >
            {t('uploadAndInstall')}
          </Button>
        </div>
      </Stack>
    </section>
  );
}
