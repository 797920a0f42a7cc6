import { Button } from '@mantine/core';
import { EmptyState } from '@guildhall/ui';
import { Link } from '@tanstack/react-router';
import { Compass } from 'lucide-react';
import { usePageTitle } from '../lib/use-page-title.ts';
import { useText } from '../words/words.ts';

export function NotFoundPage() {
  const t = useText('app');
  usePageTitle(t('notFound.title'));
  return (
    <>
      <h1 className="gh-visually-hidden">{t('notFound.title')}</h1>
      <EmptyState
        icon={Compass}
        title={t('notFound.title')}
        action={<Button renderRoot={(props) => <Link to="/" {...props} />}>{t('notFound.action')}</Button>}
      >
        {t('notFound.text')}
      </EmptyState>
    </>
  );
}
