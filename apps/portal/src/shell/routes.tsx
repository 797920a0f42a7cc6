import { Button } from '@mantine/core';
import { EmptyState, ErrorState, LoadingState } from '@guildhall/ui';
import { useQuery, type QueryClient } from '@tanstack/react-query';
import {
  createRootRouteWithContext,
  createRoute,
  createRouter,
  lazyRouteComponent,
  Navigate,
  Outlet,
  useLocation,
  useNavigate,
} from '@tanstack/react-router';
import { RotateCw } from 'lucide-react';
import { useState } from 'react';
import { z } from 'zod';
import { meQuery } from '../api/queries.ts';
import { useErrorWords } from '../lib/errors.ts';
import { AccountPage } from '../pages/account.tsx';
import { isConnectorTab } from '../pages/connector/tabs.ts';
import { MeetingDetailPage } from '../pages/meeting-detail.tsx';
import { MeetingsPage } from '../pages/meetings.tsx';
import { NotFoundPage } from '../pages/not-found.tsx';
import { PeoplePage } from '../pages/people.tsx';
import { SignInPage } from '../pages/sign-in.tsx';
import { useText } from '../words/words.ts';
import { Frame } from './frame.tsx';

const root = createRootRouteWithContext<{ client: QueryClient }>()({
  component: Outlet,
  notFoundComponent: NotFoundInFrame,
  errorComponent: Crashed,
});

/** Only paths of this site: a link to sign-in must not be able to send people elsewhere afterwards. */
const LocalPath = z
  .string()
  .regex(/^\/(?![/\\])/u)
  .optional()
  .catch(undefined);

const signIn = createRoute({
  getParentRoute: () => root,
  path: '/signin',
  validateSearch: z.object({ next: LocalPath }),
  component: SignInRoute,
});

function SignInRoute() {
  const { next } = signIn.useSearch();
  // Kept from the start: while the router leaves this page the search is already the next page's.
  const [target] = useState(next ?? '/');
  const { data: me } = useQuery(meQuery);
  return me ? <Navigate to={target} replace /> : <SignInPage />;
}

const signedIn = createRoute({ getParentRoute: () => root, id: 'signed-in', component: SignedIn });

function SignedIn() {
  const toWords = useErrorWords();
  const query = useQuery(meQuery);
  if (query.isPending) return <Waiting />;
  if (query.data === null) return <ToSignIn />;
  if (!query.data)
    return (
      <main>
        <ErrorState {...toWords(query.error).words} onRetry={() => void query.refetch()} />
      </main>
    );
  return (
    <Frame me={query.data}>
      <Outlet />
    </Frame>
  );
}

function ToSignIn() {
  const path = useLocation({ select: (location) => location.pathname });
  const [next] = useState(path);
  return <Navigate to="/signin" search={next === '/' ? {} : { next }} replace />;
}

function Waiting() {
  return (
    <main style={{ maxWidth: 720, margin: '20vh auto', padding: 24 }}>
      <LoadingState rows={3} />
    </main>
  );
}

function useMe() {
  const { data } = useQuery(meQuery);
  if (!data) throw new Error('This page stands below the signed-in route.');
  return data;
}

const meetings = createRoute({
  getParentRoute: () => signedIn,
  path: '/',
  validateSearch: z.object({ when: z.enum(['upcoming', 'past']).optional().catch(undefined) }),
  component: MeetingsRoute,
});

function MeetingsRoute() {
  const { when } = meetings.useSearch();
  const navigate = useNavigate();
  return (
    <MeetingsPage
      when={when ?? 'upcoming'}
      onWhen={(next) =>
        void navigate({ to: '/', search: next === 'past' ? { when: next } : {}, replace: true })
      }
      onSchedule={() => void navigate({ to: '/schedule' })}
    />
  );
}

const schedule = createRoute({
  getParentRoute: () => signedIn,
  path: '/schedule',
  component: lazyRouteComponent(() => import('../pages/schedule.tsx'), 'SchedulePage'),
});

const meeting = createRoute({
  getParentRoute: () => signedIn,
  path: '/meetings/$number',
  component: function MeetingRoute() {
    return <MeetingDetailPage number={meeting.useParams().number} />;
  },
});

const EditMeeting = lazyRouteComponent(() => import('../pages/edit-meeting.tsx'), 'EditMeetingPage');
const editMeeting = createRoute({
  getParentRoute: () => signedIn,
  path: '/meetings/$number/edit',
  component: function EditRoute() {
    return <EditMeeting number={editMeeting.useParams().number} />;
  },
});

const people = createRoute({
  getParentRoute: () => signedIn,
  path: '/people',
  component: function PeopleRoute() {
    return <PeoplePage me={useMe()} />;
  },
});

const account = createRoute({
  getParentRoute: () => signedIn,
  path: '/account',
  component: function AccountRoute() {
    const me = useMe();
    return <AccountPage key={me.user.userId} me={me} />;
  },
});

const connector = createRoute({
  getParentRoute: () => signedIn,
  path: '/connector',
  component: function ConnectorRoute() {
    return <ConnectorAt tab={undefined} />;
  },
});
const connectorTab = createRoute({
  getParentRoute: () => signedIn,
  path: '/connector/$tab',
  component: function ConnectorTabRoute() {
    return <ConnectorAt tab={connectorTab.useParams().tab} />;
  },
});

/** Only administrators come here, and charts are large: not in the first load of everybody's meetings. */
const ConnectorPage = lazyRouteComponent(() => import('../pages/connector/page.tsx'), 'ConnectorPage');

function ConnectorAt({ tab }: { readonly tab: string | undefined }) {
  const navigate = useNavigate();
  if (tab !== undefined && !isConnectorTab(tab)) return <NotFoundPage />;
  return (
    <ConnectorPage
      tab={tab}
      onTab={(next) => void navigate({ to: '/connector/$tab', params: { tab: next } })}
    />
  );
}

function NotFoundInFrame() {
  const { data: me } = useQuery(meQuery);
  return me ? (
    <Frame me={me}>
      <NotFoundPage />
    </Frame>
  ) : (
    <main>
      <NotFoundPage />
    </main>
  );
}

function Crashed() {
  const t = useText('app');
  return (
    <main>
      <EmptyState
        icon={RotateCw}
        title={t('crashed.title')}
        action={<Button onClick={() => location.reload()}>{t('crashed.action')}</Button>}
      >
        {t('crashed.text')}
      </EmptyState>
    </main>
  );
}

export function createPortalRouter(client: QueryClient) {
  return createRouter({
    routeTree: root.addChildren([
      signIn,
      signedIn.addChildren([
        meetings,
        schedule,
        meeting,
        editMeeting,
        people,
        account,
        connector,
        connectorTab,
      ]),
    ]),
    context: { client },
    scrollRestoration: true,
    defaultPreload: 'intent',
  });
}

declare module '@tanstack/react-router' {
  interface Register {
    router: ReturnType<typeof createPortalRouter>;
  }
}
