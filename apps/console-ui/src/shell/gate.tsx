import { ErrorState, LoadingState } from '@guildhall/ui';
import { useQuery } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { meQuery } from '../api/queries.ts';
import { useErrorWords } from '../lib/errors.ts';
import { FirstPasswordPage } from '../pages/first-password.tsx';
import classes from '../pages/pages.module.css';
import { SignInPage } from '../pages/sign-in.tsx';

/** Sign-in, the forced change of the first password, or what lies behind; whatever the address. */
export function Gate({ children }: { readonly children: ReactNode }) {
  const toWords = useErrorWords();
  const query = useQuery(meQuery);
  if (query.isPending)
    return (
      <main className={classes.page}>
        <LoadingState rows={3} rowHeight={120} />
      </main>
    );
  if (query.data === null) return <SignInPage />;
  if (!query.data)
    return (
      <main className={classes.page}>
        <ErrorState {...toWords(query.error).words} onRetry={() => void query.refetch()} />
      </main>
    );
  return query.data.passwordChangeRequired ? <FirstPasswordPage me={query.data} /> : children;
}
