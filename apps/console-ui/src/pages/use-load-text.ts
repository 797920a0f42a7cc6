import type { ConsoleStatus } from '@guildhall/protocol';
import { useText } from '../words/words.ts';

/** "6 meetings with 37 people" */
export function useLoadText(status: Pick<ConsoleStatus, 'meetings' | 'participants'>): string {
  const t = useText('status');
  return t('load', {
    count: status.participants,
    meetings: t('meetings', { count: status.meetings }),
  });
}
