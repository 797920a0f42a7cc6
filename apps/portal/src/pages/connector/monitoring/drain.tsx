import { Button } from '@mantine/core';
import type { MonitoredService } from '@guildhall/protocol';
import { ConfirmDialog, showToast, type ErrorWords } from '@guildhall/ui';
import { useState } from 'react';
import { useErrorWords } from '../../../lib/errors.ts';
import { useText } from '../../../words/words.ts';
import { useAttempt } from '../use-attempt.ts';
import classes from './monitoring.module.css';
import { useDrain } from './queries.ts';

interface DrainProps {
  readonly router: MonitoredService;
  /** Whether another router of the zone could take its meetings. */
  readonly hasOthers: boolean;
}

/** Empties a router before an update: the button, the question before, how far it is, and the way back. */
export function Drain({ router, hasOthers }: DrainProps) {
  const t = useText('monitoring');
  if (router.why === 'draining') return <Draining router={router} />;
  if (router.state !== 'connected') return null;
  return (
    <StartDrain router={router} hasOthers={hasOthers} label={t('drain.startOf', { name: router.name })} />
  );
}

function Draining({ router: { nodeId, name, meetings, participants } }: Pick<DrainProps, 'router'>) {
  const t = useText('monitoring');
  const drain = useDrain();
  const attempt = useAttempt();
  const cancel = async (): Promise<void> => {
    if (await attempt(() => drain.mutateAsync({ nodeId, action: 'cancel' })))
      showToast({ tone: 'good', message: t('drain.cancelled', { name }) });
  };
  return (
    <div>
      <output className={`${classes.why} ${classes.block}`}>
        {meetings === 0 ? t('drain.empty') : t('drain.left', { meetings, people: participants })}
      </output>
      <Button
        size="compact-sm"
        variant="default"
        loading={drain.isPending}
        aria-label={t('drain.cancelOf', { name })}
        onClick={() => void cancel()}
      >
        {t('drain.cancel')}
      </Button>
    </div>
  );
}

function StartDrain({ router, hasOthers, label }: DrainProps & { readonly label: string }) {
  const t = useText('monitoring');
  const toWords = useErrorWords();
  const drain = useDrain();
  const [isOpen, setOpen] = useState(false);
  const [error, setError] = useState<ErrorWords>();
  const { nodeId, name, meetings, participants: people } = router;
  const start = async (): Promise<void> => {
    setError(undefined);
    try {
      await drain.mutateAsync({ nodeId, action: 'start' });
      setOpen(false);
      showToast({ tone: 'good', message: t('drain.started', { name }) });
    } catch (refusal) {
      setError(toWords(refusal).words);
    }
  };
  return (
    <>
      <Button size="compact-sm" variant="default" aria-label={label} onClick={() => setOpen(true)}>
        {t('drain.start')}
      </Button>
      <ConfirmDialog
        opened={isOpen}
        title={t('drain.title', { name })}
        confirmLabel={t('drain.start')}
        error={error}
        onConfirm={start}
        onClose={() => setOpen(false)}
      >
        {t('drain.text', { meetings, people })}
        {hasOthers ? null : ` ${t('drain.alone')}`}
      </ConfirmDialog>
    </>
  );
}
