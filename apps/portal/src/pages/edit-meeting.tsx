import { Alert } from '@mantine/core';
import type { Meeting } from '@guildhall/protocol';
import { ErrorState, LoadingState, PageHeader, showToast } from '@guildhall/ui';
import { useQuery } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { Info } from 'lucide-react';
import { useState } from 'react';
import { meetingQuery, useUpdateMeeting } from '../api/queries.ts';
import { useErrorWords } from '../lib/errors.ts';
import { newPasscode } from '../lib/random-text.ts';
import { usePageTitle } from '../lib/use-page-title.ts';
import { localZone } from '../lib/wall-time.ts';
import { useText } from '../words/words.ts';
import { BackToMeetings } from './meeting-detail.tsx';
import { MeetingForm } from './meeting-form.tsx';
import { toUpdateRequest, valuesOf } from './meeting-values.ts';

export function EditMeetingPage({ number }: { readonly number: string }) {
  const t = useText('form');
  const toWords = useErrorWords();
  const query = useQuery(meetingQuery(number));
  usePageTitle(t('editTitle'));
  return (
    <>
      <PageHeader title={t('editTitle')} back={<BackToMeetings />} subtitle={query.data?.topic} />
      {query.isPending ? <LoadingState rows={3} rowHeight={160} /> : null}
      {query.isError ? (
        <ErrorState {...toWords(query.error).words} onRetry={() => void query.refetch()} />
      ) : null}
      {query.data ? <Edit key={query.data.meetingId} meeting={query.data} /> : null}
    </>
  );
}

function Edit({ meeting }: { readonly meeting: Meeting }) {
  const t = useText('form');
  const navigate = useNavigate();
  const update = useUpdateMeeting(meeting.number);
  const [initialValues] = useState(() =>
    valuesOf(meeting, { nowMs: Date.now(), timeZone: localZone(), passcode: newPasscode() }),
  );
  const leave = (): Promise<void> =>
    navigate({ to: '/meetings/$number', params: { number: meeting.number } });
  return (
    <>
      {meeting.state === 'running' ? (
        <Alert color="amber" variant="light" icon={<Info size={18} aria-hidden />} mb="md" maw={720}>
          {t('runningNote')}
        </Alert>
      ) : null}
      <MeetingForm
        initialValues={initialValues}
        withTime={meeting.kind === 'scheduled'}
        submitLabel={t('save')}
        onSubmit={async (values) => {
          await update.mutateAsync(toUpdateRequest(values, meeting));
          showToast({ tone: 'good', message: t('saved') });
          await leave();
        }}
        onCancel={() => void leave()}
      />
    </>
  );
}
