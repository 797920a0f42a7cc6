import { Button, NativeSelect, Radio, Stack } from '@mantine/core';
import type { DrainRouterRequest, MonitoredService } from '@guildhall/protocol';
import { ConfirmDialog, showToast, type ErrorWords } from '@guildhall/ui';
import { useState } from 'react';
import { useErrorWords } from '../../../lib/errors.ts';
import { useTimeWriter } from '../../../lib/use-time.ts';
import { useText } from '../../../words/words.ts';
import { useAttempt } from '../use-attempt.ts';
import classes from './monitoring.module.css';
import { useDrain } from './queries.ts';

const deadlinesMinutes = [5, 15, 30, 60] as const;

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

function Draining({ router }: Pick<DrainProps, 'router'>) {
  const { nodeId, name, meetings, participants, drainEndsAtMs } = router;
  const t = useText('monitoring');
  const times = useTimeWriter();
  const drain = useDrain();
  const attempt = useAttempt();
  const cancel = async (): Promise<void> => {
    if (await attempt(() => drain.mutateAsync({ nodeId, action: 'cancel' })))
      showToast({ tone: 'good', message: t('drain.cancelled', { name }) });
  };
  return (
    <div className={classes.act}>
      <output className={`${classes.why} ${classes.block}`}>
        {meetings === 0
          ? t('drain.empty')
          : t('drain.left', {
              meetings: t('meetings', { count: meetings }),
              people: t('people', { count: participants }),
            })}
        {meetings > 0 && drainEndsAtMs !== undefined
          ? ` ${t('drain.endsAt', { time: times.time(drainEndsAtMs) })}`
          : null}
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
  const [atDeadline, setAtDeadline] = useState<'wait' | 'end'>('wait');
  const [minutes, setMinutes] = useState('15');
  const { nodeId, name, meetings, participants: people } = router;
  const start = async (): Promise<void> => {
    setError(undefined);
    try {
      const deadline: Partial<DrainRouterRequest> =
        atDeadline === 'end' ? { atDeadline, deadlineMs: 60_000 * Number(minutes) } : {};
      await drain.mutateAsync({ nodeId, action: 'start', ...deadline });
      setOpen(false);
      showToast({ tone: 'good', message: t('drain.started', { name }) });
    } catch (refusal) {
      setError(toWords(refusal).words);
    }
  };
  return (
    <div className={classes.act}>
      <Button size="compact-sm" variant="default" aria-label={label} onClick={() => setOpen(true)}>
        {t('drain.start')}
      </Button>
      <ConfirmDialog
        opened={isOpen}
        title={t('drain.title', { name })}
        confirmLabel={t(atDeadline === 'end' ? 'drain.startAndEnd' : 'drain.start')}
        danger={atDeadline === 'end'}
        error={error}
        onConfirm={start}
        onClose={() => setOpen(false)}
      >
        <Stack gap="md">
          <div>
            {t('drain.text', { meetings, people })}
            {hasOthers ? null : ` ${t('drain.alone')}`}
          </div>
          <Radio.Group label={t('drain.whatIsLeft')} value={atDeadline} onChange={setAtDeadline}>
            <Stack gap="xs" mt="xs">
              <Radio value="wait" label={t('drain.wait')} description={t('drain.waitHint')} />
              <Radio value="end" label={t('drain.end')} description={t('drain.endHint')} />
            </Stack>
          </Radio.Group>
          {atDeadline === 'end' ? (
            <NativeSelect
              label={t('drain.deadline')}
              value={minutes}
              onChange={(event) => setMinutes(event.currentTarget.value)}
              data={deadlinesMinutes.map((value) => ({
                value: String(value),
                label: t('drain.inMinutes', { minutes: value }),
              }))}
            />
          ) : null}
        </Stack>
      </ConfirmDialog>
    </div>
  );
}
