import { ErrorState, LoadingState } from '@guildhall/ui';
import { useQuery } from '@tanstack/react-query';
import { useEffect } from 'react';
import { meQuery } from '../api/queries.ts';
import { useErrorWords } from '../lib/errors.ts';
import { useText } from '../words/words.ts';
import { ConsolePage } from './console.tsx';
import { FirstPasswordPage } from './first-password.tsx';
import classes from './pages.module.css';
import { SignInPage } from './sign-in.tsx';

/** Which page: sign-in, the forced change of the first password, or the console. One address for all three. */
export function Gate() {
  const t = useText('app');
  const toWords = useErrorWords();
  const query = useQuery(meQuery);
  const title = t('console');
  useEffect(() => {
    document.title = `${title} · Guildhall`;
  }, [title]);
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
  return query.data.passwordChangeRequired ? (
    <FirstPasswordPage me={query.data} />
  ) : (
    <ConsolePage me={query.data} />
  );
}
