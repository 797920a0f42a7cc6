import { Alert, Button, Group, Stack } from '@mantine/core';
import { FormError, showToast, useNow, type ErrorWords } from '@guildhall/ui';
import { Timer } from 'lucide-react';
import { useEffect, useRef, useState } from 'react';
import { useEndChange } from '../../api/network.ts';
import { useErrorWords } from '../../lib/errors.ts';
import { useText } from '../../words/words.ts';

const TICK_MS = 1_000;

/** The settings on trial, how long they still have, and the two ways out. */
export function PendingBanner(props: {
  readonly id: string;
  /** Until they are taken back, counted from `seenAtMs` so that the clocks of both sides need not agree. */
  readonly leftMs: number;
  readonly seenAtMs: number;
  readonly mayOperate: boolean;
  readonly onOver: () => void;
}) {
  const { id, leftMs, seenAtMs, mayOperate, onOver } = props;
  const t = useText('network');
  const toWords = useErrorWords();
  const confirm = useEndChange('confirm');
  const rollback = useEndChange('rollback');
  const [error, setError] = useState<ErrorWords>();
  const seconds = Math.max(0, Math.ceil((seenAtMs + leftMs - useNow(TICK_MS)) / 1_000));
  const isOver = seconds === 0;
  const banner = useRef<HTMLDivElement>(null);
  // It stands over a long form, and there is not much time to find it.
  useEffect(() => {
    banner.current?.scrollIntoView({ block: 'center' });
    banner.current?.focus({ preventScroll: true });
  }, []);
  useEffect(() => {
    if (!isOver) return undefined;
    // The server takes its time to go back; ask until it has.
    const timer = setInterval(onOver, 2 * TICK_MS);
    return () => clearInterval(timer);
  }, [isOver, onOver]);
  const end = async (act: typeof confirm, done: string): Promise<void> => {
    setError(undefined);
    try {
      await act.mutateAsync(id);
      showToast({ tone: 'good', message: done });
    } catch (refusal) {
      setError(toWords(refusal).words);
      onOver();
    }
  };
  return (
    <Alert
      ref={banner}
      tabIndex={-1}
      color="amber"
      variant="light"
      icon={<Timer size={18} aria-hidden />}
      title={t('pendingTitle')}
    >
      <Stack gap="sm">
        <div className="gh-tabular">{isOver ? t('pendingEnding') : t('pendingText', { seconds })}</div>
        <FormError error={error} />
        {mayOperate && !isOver ? (
          <Group gap="xs">
            <Button loading={confirm.isPending} onClick={() => void end(confirm, t('confirmed'))}>
              {t('confirm')}
            </Button>
            <Button
              variant="default"
              loading={rollback.isPending}
              onClick={() => void end(rollback, t('wentBack'))}
            >
              {t('back')}
            </Button>
          </Group>
        ) : null}
      </Stack>
    </Alert>
  );
}
