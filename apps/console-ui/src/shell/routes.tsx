import { Button } from '@mantine/core';
import { EmptyState, LoadingState } from '@guildhall/ui';
import { useQuery } from '@tanstack/react-query';
import { createRootRoute, createRoute, createRouter, Link, Outlet } from '@tanstack/react-router';
import { MapPinOff, RotateCw } from 'lucide-react';
import { Suspense } from 'react';
import { meQuery } from '../api/queries.ts';
import { useText } from '../words/words.ts';
import { Frame } from './frame.tsx';
import { Gate } from './gate.tsx';
import { BASE_PATH, pages, type PageEntry } from './pages.ts';

const root = createRootRoute({
  component: () => (
    <Gate>
      <Frame>
        <Outlet />
      </Frame>
    </Gate>
  ),
  notFoundComponent: Lost,
  errorComponent: Crashed,
});

const routeOf = ({ path, Page }: PageEntry) =>
  createRoute({
    getParentRoute: () => root,
    path,
    component: function PageRoute() {
      const { data: me } = useQuery(meQuery);
      return (
        <Suspense fallback={<LoadingState rows={3} rowHeight={120} />}>
          {me ? <Page me={me} /> : null}
        </Suspense>
      );
    },
  });

function Lost() {
  const t = useText('app');
  return (
    <EmptyState
      icon={MapPinOff}
      title={t('lost.title')}
      action={<Button renderRoot={(props) => <Link to="/" {...props} />}>{t('lost.action')}</Button>}
    >
      {t('lost.text')}
    </EmptyState>
  );
}

function Crashed() {
  const t = useText('app');
  return (
    <EmptyState
      icon={RotateCw}
      title={t('crashed.title')}
      action={<Button onClick={() => location.reload()}>{t('crashed.action')}</Button>}
    >
      {t('crashed.text')}
    </EmptyState>
  );
}

export function createConsoleRouter() {
  return createRouter({
    routeTree: root.addChildren(pages.map(routeOf)),
    basepath: BASE_PATH,
    scrollRestoration: true,
  });
}
