import { Button } from '@mantine/core';
import { FormError, showToast, type ErrorWords } from '@guildhall/ui';
import { useState } from 'react';
import { useAccountCertificate } from '../../api/certificates.ts';
import { useErrorWords } from '../../lib/errors.ts';
import { useText } from '../../words/words.ts';
import classes from '../pages.module.css';

/** Takes the certificate the account's own authority signed for this node. */
export function AccountWay({ available }: { readonly available: boolean }) {
  const t = useText('certificates');
  const toWords = useErrorWords();
  const take = useAccountCertificate();
  const [error, setError] = useState<ErrorWords>();
  if (!available) return <p className={classes.soft}>{t('accountNotYet')}</p>;
  const install = async (): Promise<void> => {
    setError(undefined);
    try {
      await take.mutateAsync(undefined);
      showToast({ tone: 'good', message: t('installed') });
    } catch (refusal) {
      setError(toWords(refusal).words);
    }
  };
  return (
    <>
      <FormError error={error} />
      <div>
        <Button loading={take.isPending} onClick={() => void install()}>
          {t('useAccount')}
        </Button>
      </div>
    </>
  );
}
