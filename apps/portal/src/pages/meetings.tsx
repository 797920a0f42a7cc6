import { Button, Tabs } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import type { Meeting } from '@guildhall/protocol';
import { EmptyState, ErrorState, LoadingState, PageHeader, showToast, useNow } from '@guildhall/ui';
import { useInfiniteQuery } from '@tanstack/react-query';
import { CalendarClock, CalendarPlus, History, Keyboard, Video } from 'lucide-react';
import { meetingsQuery, useCreateMeeting, type When } from '../api/queries.ts';
import { useErrorWords } from '../lib/errors.ts';
import { joinPath } from '../lib/join.ts';
import { usePageTitle } from '../lib/use-page-title.ts';
import { useTimeWriter } from '../lib/use-time.ts';
import { localZone } from '../lib/wall-time.ts';
import { useText } from '../words/words.ts';
import { JoinDialog } from './join-dialog.tsx';
import { groupMeetings } from './meeting-groups.ts';
import { MeetingRow } from './meeting-row.tsx';
import classes from './pages.module.css';

const isWhen = (value: string | null): value is When => value === 'upcoming' || value === 'past';

export function MeetingsPage({
  when,
  onWhen,
  onSchedule,
}: {
  readonly when: When;
  readonly onWhen: (when: When) => void;
  readonly onSchedule: () => void;
}) {
  const t = useText('meetings');
  const toWords = useErrorWords();
  const create = useCreateMeeting();
  const [joining, join] = useDisclosure(false);
  usePageTitle(t('title'));
  const startNow = async (): Promise<void> => {
    try {
      location.assign(joinPath(await create.mutateAsync({ kind: 'instant' })));
    } catch (error) {
      showToast({ tone: 'bad', title: t('failedToStart'), message: toWords(error).words.message });
    }
  };
  return (
    <>
      <PageHeader
        title={t('title')}
        actions={
          <>
            <Button
              size="md"
              className={classes.first}
              leftSection={<Video size={20} aria-hidden />}
              loading={create.isPending}
              onClick={() => void startNow()}
            >
              {t('newMeeting')}
            </Button>
            <Button
              size="md"
              variant="default"
              leftSection={<Keyboard size={20} aria-hidden />}
              onClick={join.open}
            >
              {t('joinByNumber')}
            </Button>
            <Button
              size="md"
              variant="default"
              leftSection={<CalendarPlus size={20} aria-hidden />}
              onClick={onSchedule}
            >
              {t('schedule')}
            </Button>
          </>
        }
      />
      <Tabs
        value={when}
        onChange={(next) => {
          if (isWhen(next)) onWhen(next);
        }}
        keepMounted={false}
      >
        <Tabs.List mb="lg">
          <Tabs.Tab value="upcoming" leftSection={<CalendarClock size={18} aria-hidden />}>
            {t('upcoming')}
          </Tabs.Tab>
          <Tabs.Tab value="past" leftSection={<History size={18} aria-hidden />}>
            {t('past')}
          </Tabs.Tab>
        </Tabs.List>
        <Tabs.Panel value="upcoming">
          <MeetingsList when="upcoming" onSchedule={onSchedule} />
        </Tabs.Panel>
        <Tabs.Panel value="past">
          <MeetingsList when="past" onSchedule={onSchedule} />
        </Tabs.Panel>
      </Tabs>
      <JoinDialog opened={joining} onClose={join.close} />
    </>
  );
}

function MeetingsList({ when, onSchedule }: { readonly when: When; readonly onSchedule: () => void }) {
  const t = useText('meetings');
  const toWords = useErrorWords();
  const query = useInfiniteQuery(meetingsQuery(when));
  if (query.isPending) return <LoadingState rows={4} rowHeight={72} />;
  if (query.isError)
    return <ErrorState {...toWords(query.error).words} onRetry={() => void query.refetch()} />;
  const meetings = query.data.pages.flatMap((page) => page.meetings);
  if (meetings.length === 0)
    return when === 'past' ? (
      <EmptyState icon={History} title={t('empty.pastTitle')}>
        {t('empty.pastText')}
      </EmptyState>
    ) : (
      <EmptyState
        icon={CalendarPlus}
        title={t('empty.upcomingTitle')}
        action={
          <Button variant="light" onClick={onSchedule}>
            {t('schedule')}
          </Button>
        }
      >
        {t('empty.upcomingText')}
      </EmptyState>
    );
  return (
    <>
      <Days meetings={meetings} when={when} />
      {query.hasNextPage ? (
        <Button
          variant="default"
          mt="md"
          loading={query.isFetchingNextPage}
          onClick={() => void query.fetchNextPage()}
        >
          {t('more')}
        </Button>
      ) : null}
    </>
  );
}

function Days({ meetings, when }: { readonly meetings: readonly Meeting[]; readonly when: When }) {
  const t = useText('meetings');
  const times = useTimeWriter();
  const nowMs = useNow();
  const groups = groupMeetings(meetings, nowMs, localZone());
  return (
    <>
      {groups.map((group) => (
        <section key={group.key} className={classes.day}>
          <h2>
            {group.kind === 'day' ? times.day(group.dayMs) : t(group.kind)}
            {group.kind === 'today' || group.kind === 'tomorrow' || group.kind === 'yesterday' ? (
              <span className={classes.daySoft}> {times.day(group.dayMs)}</span>
            ) : null}
          </h2>
          <ul className={classes.list}>
            {group.meetings.map((meeting) => (
              <li key={meeting.meetingId}>
                <MeetingRow meeting={meeting} past={when === 'past'} />
              </li>
            ))}
          </ul>
        </section>
      ))}
      <p className={classes.footnote}>{t('localZone', { zone: times.zone(localZone(), nowMs) })}</p>
    </>
  );
}
