import type { Meeting } from '@guildhall/protocol';
import { ConfirmDialog, showToast, type ErrorWords } from '@guildhall/ui';
import { useState } from 'react';
import { useDeleteMeeting } from '../api/queries.ts';
import { useErrorWords } from '../lib/errors.ts';
import { spacedNumber } from '../lib/join.ts';
import { useText } from '../words/words.ts';

export function DeleteDialog({
  meeting,
  opened,
  onClose,
  onDeleted,
}: {
  readonly meeting: Meeting;
  readonly opened: boolean;
  readonly onClose: () => void;
  readonly onDeleted?: () => void;
}) {
  const t = useText('meetings');
  const toWords = useErrorWords();
  const remove = useDeleteMeeting();
  const [error, setError] = useState<ErrorWords>();
  const confirm = async (): Promise<void> => {
    setError(undefined);
    try {
      await remove.mutateAsync(meeting.number);
      onClose();
      showToast({ tone: 'good', message: t('deleteDialog.done') });
      onDeleted?.();
    } catch (refusal) {
      setError(toWords(refusal).words);
    }
  };
  return (
    <ConfirmDialog
      opened={opened}
      danger
      title={t('deleteDialog.title')}
      confirmLabel={t('deleteDialog.confirm')}
      error={error}
      onConfirm={confirm}
      onClose={onClose}
    >
      {t('deleteDialog.text', { topic: meeting.topic, number: spacedNumber(meeting.number) })}
      {meeting.state === 'running' ? ` ${t('deleteDialog.running')}` : null}
    </ConfirmDialog>
  );
}
