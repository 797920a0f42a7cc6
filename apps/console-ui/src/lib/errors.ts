import { useErrorSentence, type ErrorWords } from '@guildhall/ui';
import { useCallback } from 'react';
import { ApiError } from '../api/client.ts';

const FALLBACK = 'Something went wrong on our side. Try again.';

/** Words for whatever a call threw, in the language of the page, and the field it names. */
export function useErrorWords(): (error: unknown) => {
  readonly field: string | undefined;
  readonly words: ErrorWords;
} {
  const sentence = useErrorSentence();
  return useCallback(
    (error) =>
      error instanceof ApiError
        ? { field: error.field, words: { code: error.code, message: sentence(error.code, error.message) } }
        : { field: undefined, words: { code: 'internal', message: sentence('internal', FALLBACK) } },
    [sentence],
  );
}
