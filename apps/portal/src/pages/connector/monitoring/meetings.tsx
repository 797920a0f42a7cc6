import { Table } from '@mantine/core';
import type { LiveMeeting } from '@guildhall/protocol';
import { EmptyState, ErrorState, LoadingState } from '@guildhall/ui';
import { useQuery } from '@tanstack/react-query';
import { ChevronRight, Video } from 'lucide-react';
import { useErrorWords } from '../../../lib/errors.ts';
import { spacedNumber } from '../../../lib/join.ts';
import { useTimeWriter } from '../../../lib/use-time.ts';
import { useText } from '../../../words/words.ts';
import pages from '../../pages.module.css';
import classes from './monitoring.module.css';
import { liveMeetingsQuery } from './queries.ts';
import { Grade } from './state.tsx';
import { useUnits } from './use-units.ts';
import { WhyHere } from './why-here.tsx';

/** Meetings that run now; each opens to who is in it and how it works for them. */
export function MeetingsView() {
  const t = useText('monitoring');
  const toWords = useErrorWords();
  const query = useQuery(liveMeetingsQuery);
  if (query.isPending) return <LoadingState rows={3} />;
  if (!query.data) return <ErrorState {...toWords(query.error).words} onRetry={() => void query.refetch()} />;
  if (query.data.meetings.length === 0)
    return (
      <EmptyState icon={Video} title={t('noMeetings')}>
        {t('noMeetingsText')}
      </EmptyState>
    );
  return (
    <div className={pages.stack}>
      {query.data.meetings.map((meeting) => (
        <OneMeeting key={meeting.meetingId} meeting={meeting} />
      ))}
    </div>
  );
}

/** A meeting is as good as it is for the one who has it worst. */
const worstMos = ({ people }: LiveMeeting): number | null => {
  const known = people.map(({ mos }) => mos).filter((mos) => mos !== null);
  return known.length === 0 ? null : Math.min(...known);
};

function OneMeeting({ meeting }: { readonly meeting: LiveMeeting }) {
  const t = useText('monitoring');
  const times = useTimeWriter();
  const { topic, number, hostName, startedAtMs, routers, people } = meeting;
  const facts = [
    t('people', { count: people.length }),
    spacedNumber(number),
    t('host', { name: hostName }),
    t('since', { time: times.time(startedAtMs) }),
    t('on', { routers: routers.map(({ name }) => name).join(', ') }),
  ];
  return (
    <details className={classes.meeting}>
      <summary>
        <ChevronRight size={18} aria-hidden className={classes.chevron} />
        <span className={classes.meetingWords}>
          <span className={pages.strong}>{topic}</span>
          <span className={classes.why}>{facts.join(' · ')}</span>
        </span>
        <Grade mos={worstMos(meeting)} />
      </summary>
      <PeopleTable meeting={meeting} />
      <WhyHere meeting={meeting} />
    </details>
  );
}

function PeopleTable({ meeting }: { readonly meeting: LiveMeeting }) {
  const t = useText('monitoring');
  const units = useUnits();
  const or = (value: number | null, write: (known: number) => string): string =>
    value === null ? '–' : write(value);
  return (
    <Table className={pages.table} aria-label={t('peopleLabel', { topic: meeting.topic })}>
      <Table.Thead>
        <Table.Tr>
          <Table.Th>{t('person')}</Table.Th>
          <Table.Th>{t('quality')}</Table.Th>
          <Table.Th>{t('lossInOut')}</Table.Th>
          <Table.Th>{t('roundTrip')}</Table.Th>
          <Table.Th>{t('bitrates')}</Table.Th>
          <Table.Th>{t('router')}</Table.Th>
        </Table.Tr>
      </Table.Thead>
      <Table.Tbody>
        {meeting.people.map((one) => (
          <Table.Tr key={one.participantId}>
            <Table.Td data-label={t('person')} className={pages.breakable}>
              {one.name}
            </Table.Td>
            <Table.Td data-label={t('quality')}>
              <div className={classes.quality}>
                <Grade mos={one.mos} />
                {one.mos === null ? null : <span className="gh-tabular">{units.mos(one.mos)}</span>}
              </div>
            </Table.Td>
            <Table.Td data-label={t('lossInOut')} className="gh-tabular">
              {or(one.lossIn, units.percent)} / {or(one.lossOut, units.percent)}
            </Table.Td>
            <Table.Td data-label={t('roundTrip')} className="gh-tabular">
              {or(one.roundTripTimeMs, units.ms)}
            </Table.Td>
            <Table.Td data-label={t('bitrates')} className="gh-tabular">
              {units.bitrate(one.bitrateInBps)} / {units.bitrate(one.bitrateOutBps)}
              {one.transport === 'tcp' ? ' · TCP' : ''}
            </Table.Td>
            <Table.Td data-label={t('router')}>{one.router}</Table.Td>
          </Table.Tr>
        ))}
      </Table.Tbody>
    </Table>
  );
}
