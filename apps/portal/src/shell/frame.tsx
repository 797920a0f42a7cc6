import { Button } from '@mantine/core';
import type { Me } from '@guildhall/protocol';
import {
  AppShell,
  hideToast,
  LanguageMenu,
  showToast,
  SideRail,
  useFocusOnPage,
  type RailItem,
} from '@guildhall/ui';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useLocation, useNavigate } from '@tanstack/react-router';
import { CalendarDays, CircleUserRound, Network, Users } from 'lucide-react';
import { useEffect, type ReactNode } from 'react';
import { passesQuery, refreshMeetings } from '../api/queries.ts';
import { joinPath } from '../lib/join.ts';
import { listenToGateway } from '../live/gateway.ts';
import { text, useText } from '../words/words.ts';

const item = (href: string, icon: RailItem['icon'], label: string, active: boolean): RailItem => ({
  href,
  icon,
  label,
  active,
});

/** Rail and content for somebody who is signed in, with the live notices. */
export function Frame({ me, children }: { readonly me: Me; readonly children: ReactNode }) {
  const t = useText('app');
  const navigate = useNavigate();
  const path = useLocation({ select: (location) => location.pathname });
  // Tabs of one page: moving between them must leave the keyboard on the tab.
  useFocusOnPage(path.startsWith('/connector') ? '/connector' : path);
  const meetings = path === '/' || path === '/schedule' || path.startsWith('/meetings');
  const main = [
    item('/', CalendarDays, t('nav.meetings'), meetings),
    item('/people', Users, t('nav.people'), path === '/people'),
  ];
  const connector = {
    ...item('/connector', Network, t('nav.connector'), path.startsWith('/connector')),
    shortLabel: t('nav.connectorShort'),
  };
  const account = item('/account', CircleUserRound, t('nav.account'), path === '/account');
  return (
    <AppShell
      rail={
        <SideRail
          sections={[
            { items: main },
            ...(me.user.role === 'member' ? [] : [{ heading: t('nav.advanced'), items: [connector] }]),
            { heading: me.account.name, items: [account] },
          ]}
          footer={<LanguageMenu />}
          onNavigate={(href) => void navigate({ to: href })}
        />
      }
      corner={<LanguageMenu />}
    >
      <LiveNotices key={me.user.userId} />
      {children}
    </AppShell>
  );
}

/** Listens for one person; another sign-in makes a new link. */
function LiveNotices(): null {
  const client = useQueryClient();
  useQuery(passesQuery);
  useEffect(() => {
    const link = listenToGateway({
      onStarted: (meeting) => {
        const t = text('app');
        showToast({
          id: meeting.meetingId,
          tone: 'good',
          title: t('started.title'),
          message: meeting.topic,
          action: (
            <Button component="a" size="xs" href={joinPath({ number: meeting.number, passcode: null })}>
              {t('started.join')}
            </Button>
          ),
        });
        void refreshMeetings(client);
      },
      onEnded: (meetingId) => {
        hideToast(meetingId);
        void refreshMeetings(client);
      },
      onChanged: () => void refreshMeetings(client),
    });
    return () => link.close();
  }, [client]);
  return null;
}
