import { Button, Group, TextInput } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { ConfirmDialog, CopyButton, showToast, type ErrorWords } from '@guildhall/ui';
import { KeyRound } from 'lucide-react';
import { useState } from 'react';
import { useNewConnectorToken } from '../../../api/queries.ts';
import { useErrorWords } from '../../../lib/errors.ts';
import { useText } from '../../../words/words.ts';
import classes from '../../pages.module.css';

/** Makes the connector token, and shows it for as long as this page is open: nobody can show it again. */
export function TokenCard({ hasToken }: { readonly hasToken: boolean }) {
  const t = useText('connector');
  const toWords = useErrorWords();
  const make = useNewConnectorToken();
  const [asking, dialog] = useDisclosure(false);
  const [error, setError] = useState<ErrorWords>();
  const makeNow = async (): Promise<void> => {
    setError(undefined);
    try {
      await make.mutateAsync();
      dialog.close();
    } catch (refusal) {
      const { words } = toWords(refusal);
      if (asking) setError(words);
      else showToast({ tone: 'bad', title: t('failed'), message: words.message });
    }
  };
  return (
    <section className={classes.card}>
      <h2>{t('pair.title')}</h2>
      <p className={classes.soft}>{t('pair.text')}</p>
      {make.data === undefined ? (
        <>
          {hasToken ? <p className={classes.plain}>{t('pair.again')}</p> : null}
          <div>
            <Button
              variant={hasToken ? 'default' : 'filled'}
              leftSection={<KeyRound size={18} aria-hidden />}
              loading={make.isPending && !asking}
              onClick={hasToken ? dialog.open : () => void makeNow()}
            >
              {hasToken ? t('pair.makeNew') : t('pair.make')}
            </Button>
          </div>
        </>
      ) : (
        <Fresh token={make.data} />
      )}
      <ConfirmDialog
        opened={asking}
        title={t('pair.dialogTitle')}
        confirmLabel={t('pair.makeNew')}
        error={error}
        onConfirm={makeNow}
        onClose={dialog.close}
      >
        {t('pair.dialogText')}
      </ConfirmDialog>
    </section>
  );
}

function Fresh({ token }: { readonly token: string }) {
  const t = useText('connector');
  const address = location.origin;
  return (
    <>
      <Group align="flex-end" gap="xs" wrap="nowrap">
        <TextInput
          label={t('pair.token')}
          description={t('pair.tokenNote')}
          value={token}
          readOnly
          className={classes.grow}
        />
        <CopyButton value={token} label={t('pair.copyToken')} iconOnly />
      </Group>
      <Group align="flex-end" gap="xs" wrap="nowrap">
        <TextInput label={t('pair.address')} value={address} readOnly className={classes.grow} />
        <CopyButton value={address} label={t('pair.copyAddress')} iconOnly />
      </Group>
      <ol className={classes.steps}>
        <li>{t('pair.step1')}</li>
        <li>{t('pair.step2')}</li>
        <li>{t('pair.step3')}</li>
      </ol>
    </>
  );
}
