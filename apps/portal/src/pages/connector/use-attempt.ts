import { showToast } from '@guildhall/ui';
import { useErrorWords } from '../../lib/errors.ts';
import { useText } from '../../words/words.ts';

/** Runs a change that has no form of its own; a refusal is told in a toast. True when it went well. */
export function useAttempt(): (work: () => Promise<unknown>) => Promise<boolean> {
  const t = useText('connector');
  const toWords = useErrorWords();
  return async (work) => {
    try {
      await work();
      return true;
    } catch (error) {
      showToast({ tone: 'bad', title: t('failed'), message: toWords(error).words.message });
      return false;
    }
  };
}
