import { useErrorSentence, type ErrorWords } from '@guildhall/ui';
import { useCallback } from 'react';
import { ApiError } from '../api/client.ts';

const FALLBACK = 'Something went wrong on our side. Try again.';

export interface FieldError {
  /** The form's field the error belongs to; undefined for the whole form. */
  readonly field: string | undefined;
  readonly words: ErrorWords;
}

/** Words for whatever a call threw, in the language of the page. */
export function useErrorWords(): (error: unknown) => FieldError {
  const sentence = useErrorSentence();
  return useCallback(
    (error) =>
      error instanceof ApiError
        ? { field: error.field, words: { code: error.code, message: sentence(error.code, error.message) } }
        : { field: undefined, words: { code: 'internal', message: sentence('internal', FALLBACK) } },
    [sentence],
  );
}
