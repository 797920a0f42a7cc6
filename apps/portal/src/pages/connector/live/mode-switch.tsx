import { Button } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import type { Connector } from '@guildhall/protocol';
import { ConfirmDialog, showToast, type ErrorWords } from '@guildhall/ui';
import { useState } from 'react';
import { useConnectorMode } from '../../../api/queries.ts';
import { useErrorWords } from '../../../lib/errors.ts';
import { useText } from '../../../words/words.ts';
import classes from '../../pages.module.css';

/** Test ↔ production. Only the way back to test keeps people out, so only that asks. */
export function ModeSwitch({ mode, ready }: { readonly mode: Connector['mode']; readonly ready: boolean }) {
  const t = useText('connector');
  const live = useText('live');
  const toWords = useErrorWords();
  const change = useConnectorMode();
  const [asking, dialog] = useDisclosure(false);
  const [error, setError] = useState<ErrorWords>();
  const switchTo = async (next: Connector['mode']): Promise<void> => {
    setError(undefined);
    try {
      await change.mutateAsync(next);
      dialog.close();
    } catch (refusal) {
      const { words } = toWords(refusal);
      if (asking) setError(words);
      else showToast({ tone: 'bad', title: t('failed'), message: words.message });
    }
  };
  return (
    <>
      {mode === 'test' ? (
        <>
          <Button loading={change.isPending} disabled={!ready} onClick={() => void switchTo('production')}>
            {t('toProduction')}
          </Button>
          {ready ? null : <p className={classes.checkWords}>{live('notReady')}</p>}
        </>
      ) : (
        <Button variant="default" onClick={dialog.open}>
          {t('toTest')}
        </Button>
      )}
      <ConfirmDialog
        opened={asking}
        title={t('toTestDialog.title')}
        confirmLabel={t('toTest')}
        error={error}
        onConfirm={() => switchTo('test')}
        onClose={dialog.close}
      >
        {t('toTestDialog.text')}
      </ConfirmDialog>
    </>
  );
}
