import { PageHeader, showToast } from '@guildhall/ui';
import { useQuery } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { useState } from 'react';
import { meQuery, useCreateMeeting } from '../api/queries.ts';
import { newPasscode } from '../lib/random-text.ts';
import { usePageTitle } from '../lib/use-page-title.ts';
import { localZone } from '../lib/wall-time.ts';
import { useText } from '../words/words.ts';
import { BackToMeetings } from './meeting-detail.tsx';
import { MeetingForm } from './meeting-form.tsx';
import { newValues, toCreateRequest } from './meeting-values.ts';

export function SchedulePage() {
  const t = useText('form');
  const navigate = useNavigate();
  const { data: me } = useQuery(meQuery);
  const create = useCreateMeeting();
  usePageTitle(t('scheduleTitle'));
  const [initialValues] = useState(() =>
    newValues({
      nowMs: Date.now(),
      timeZone: localZone(),
      topic: t('topicDefault', { name: me?.user.name ?? '' }),
      passcode: newPasscode(),
    }),
  );
  return (
    <>
      <PageHeader title={t('scheduleTitle')} back={<BackToMeetings />} />
      <MeetingForm
        initialValues={initialValues}
        withTime
        submitLabel={t('create')}
        onSubmit={async (values) => {
          const meeting = await create.mutateAsync(toCreateRequest(values));
          showToast({ tone: 'good', message: t('created') });
          await navigate({ to: '/meetings/$number', params: { number: meeting.number } });
        }}
        onCancel={() => void navigate({ to: '/' })}
      />
    </>
  );
}
