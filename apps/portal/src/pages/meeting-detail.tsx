import { Anchor, Button, Group } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import type { Meeting } from '@guildhall/protocol';
import { CopyButton, ErrorState, LoadingState, PageHeader, StateWord } from '@guildhall/ui';
import { useQuery } from '@tanstack/react-query';
import { Link, useNavigate } from '@tanstack/react-router';
import { ArrowLeft, Pencil, Trash2, Video } from 'lucide-react';
import type { ReactNode } from 'react';
import { meetingQuery } from '../api/queries.ts';
import { useErrorWords } from '../lib/errors.ts';
import { joinPath, spacedNumber } from '../lib/join.ts';
import { usePageTitle } from '../lib/use-page-title.ts';
import { useTimeWriter } from '../lib/use-time.ts';
import { useText } from '../words/words.ts';
import { DeleteDialog } from './delete-dialog.tsx';
import { invitationText, joinLink, meetingTime } from './invitation.ts';
import { isVanished } from './meeting-groups.ts';
import classes from './pages.module.css';

export function BackToMeetings() {
  const t = useText('app');
  return (
    <Anchor renderRoot={(props) => <Link to="/" {...props} />} size="sm" className={classes.back}>
      <ArrowLeft size={16} aria-hidden />
      {t('back')}
    </Anchor>
  );
}

export function MeetingDetailPage({ number }: { readonly number: string }) {
  const t = useText('meeting');
  const toWords = useErrorWords();
  const query = useQuery(meetingQuery(number));
  if (query.isPending) return <LoadingState rows={3} rowHeight={120} />;
  if (query.isError)
    return (
      <>
        <PageHeader title={t('title')} back={<BackToMeetings />} />
        <ErrorState {...toWords(query.error).words} onRetry={() => void query.refetch()} />
      </>
    );
  return <Detail meeting={query.data} />;
}

function Detail({ meeting }: { readonly meeting: Meeting }) {
  const t = useText('meetings');
  const navigate = useNavigate();
  const [deleting, dialog] = useDisclosure(false);
  usePageTitle(meeting.topic);
  const running = meeting.state === 'running';
  return (
    <>
      <PageHeader
        title={meeting.topic}
        back={<BackToMeetings />}
        subtitle={running ? <StateWord state="live">{t('running')}</StateWord> : undefined}
        actions={
          <>
            <Button component="a" href={joinPath(meeting)} leftSection={<Video size={18} aria-hidden />}>
              {running ? t('join') : t('start')}
            </Button>
            <Button
              variant="default"
              leftSection={<Pencil size={16} aria-hidden />}
              onClick={() =>
                void navigate({ to: '/meetings/$number/edit', params: { number: meeting.number } })
              }
            >
              {t('edit')}
            </Button>
            <Button
              variant="outline"
              color="bad"
              leftSection={<Trash2 size={16} aria-hidden />}
              onClick={dialog.open}
            >
              {t('delete')}
            </Button>
          </>
        }
      />
      <div className={classes.columns}>
        <Facts meeting={meeting} />
        <Invitation meeting={meeting} />
      </div>
      <DeleteDialog
        meeting={meeting}
        opened={deleting}
        onClose={dialog.close}
        onDeleted={() => void navigate({ to: '/' })}
      />
    </>
  );
}

function Fact({ name, children }: { readonly name: string; readonly children: ReactNode }) {
  return (
    <div className={classes.fact}>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  );
}

function Facts({ meeting }: { readonly meeting: Meeting }) {
  const t = useText('meeting');
  const list = useText('meetings');
  const form = useText('form');
  const times = useTimeWriter();
  const { settings } = meeting;
  const rules = [
    [form('guests'), settings.guestsAllowed],
    [form('lobby'), settings.lobby],
    [form('beforeHost'), settings.joinBeforeHost],
    [form('mute'), settings.muteOnEntry],
    [form('chat'), settings.chat],
    [form('hostsShare'), settings.screenShare === 'hosts'],
  ] as const;
  return (
    <div className={classes.stack}>
      <section className={classes.card}>
        <h2>{t('details')}</h2>
        <dl className={classes.facts}>
          <Fact name={t('when')}>{meetingTime(meeting, times) ?? t('instant')}</Fact>
          <Fact name={list('number')}>{spacedNumber(meeting.number)}</Fact>
          <Fact name={t('passcode')}>{meeting.passcode ?? t('noPasscode')}</Fact>
          <Fact name={t('host')}>{meeting.host.name}</Fact>
          {meeting.startedAtMs === null ? null : (
            <Fact name={t('lastRun')}>
              {times.dayAndTime(meeting.startedAtMs)}
              {isVanished(meeting) ? <div className={classes.soft}>{list('vanished')}</div> : null}
            </Fact>
          )}
        </dl>
      </section>
      <section className={classes.card}>
        <h2>{t('rules')}</h2>
        <dl className={classes.facts}>
          {rules.map(([name, on]) => (
            <Fact key={name} name={name}>
              {on ? t('ruleOn') : t('ruleOff')}
            </Fact>
          ))}
        </dl>
      </section>
    </div>
  );
}

function Invitation({ meeting }: { readonly meeting: Meeting }) {
  const t = useText('meeting');
  const list = useText('meetings');
  const times = useTimeWriter();
  const invitation = invitationText(meeting, times);
  return (
    <section className={classes.card}>
      <h2>{t('invitation')}</h2>
      <p className={classes.soft}>{t('invitationText')}</p>
      <pre className={classes.invitation}>{invitation}</pre>
      <Group gap="xs">
        <CopyButton value={invitation} label={list('copyInvitation')} variant="light" />
        <CopyButton value={joinLink(meeting)} label={t('copyLink')} />
      </Group>
    </section>
  );
}
