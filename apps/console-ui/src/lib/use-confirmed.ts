import type { ErrorWords } from '@guildhall/ui';
import { useState } from 'react';
import { useErrorWords } from './errors.ts';

/** What a question does when it is confirmed: it closes when that went well, else it says in place why not. */
export function useConfirmed(
  act: () => Promise<unknown>,
  onClose: () => void,
): {
  readonly error: ErrorWords | undefined;
  readonly onConfirm: () => Promise<void>;
  readonly onClose: () => void;
} {
  const toWords = useErrorWords();
  const [error, setError] = useState<ErrorWords>();
  const onConfirm = async (): Promise<void> => {
    try {
      await act();
      onClose();
    } catch (refusal) {
      setError(toWords(refusal).words);
    }
  };
  return { error, onConfirm, onClose };
}
