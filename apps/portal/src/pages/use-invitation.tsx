import type { Meeting } from '@guildhall/protocol';
import { copyText, showToast } from '@guildhall/ui';
import { useCallback } from 'react';
import { useTimeWriter } from '../lib/use-time.ts';
import { useText } from '../words/words.ts';
import { invitationText } from './invitation.ts';

/** Copies a meeting's invitation and says so. */
export function useCopyInvitation(): (meeting: Meeting) => Promise<void> {
  const t = useText('meetings');
  const times = useTimeWriter();
  return useCallback(
    async (meeting) => {
      const done = await copyText(invitationText(meeting, times));
      showToast(done ? { tone: 'good', message: t('copied') } : { tone: 'amber', message: t('copyFailed') });
    },
    [t, times],
  );
}
