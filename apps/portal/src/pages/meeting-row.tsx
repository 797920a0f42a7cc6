import { Button, Menu } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import type { Meeting } from '@guildhall/protocol';
import { IconButton, StateWord } from '@guildhall/ui';
import { Link, useNavigate } from '@tanstack/react-router';
import { Copy, EllipsisVertical, Info, Pencil, Trash2 } from 'lucide-react';
import { joinPath, spacedNumber } from '../lib/join.ts';
import { isVanished } from './meeting-groups.ts';
import { useTimeWriter } from '../lib/use-time.ts';
import { localZone, zoneOffsetMinutes } from '../lib/wall-time.ts';
import { useText } from '../words/words.ts';
import { DeleteDialog } from './delete-dialog.tsx';
import classes from './pages.module.css';
import { useCopyInvitation } from './use-invitation.tsx';

/** One meeting in a list: time · topic · number · Start or Join, and what else can be done with it. */
export function MeetingRow({ meeting, past }: { readonly meeting: Meeting; readonly past: boolean }) {
  const t = useText('meetings');
  const navigate = useNavigate();
  const copyInvitation = useCopyInvitation();
  const [deleting, dialog] = useDisclosure(false);
  const { number, topic } = meeting;
  const running = meeting.state === 'running';
  return (
    <div className={classes.row}>
      <div className={classes.rowTime}>
        <RowTime meeting={meeting} />
      </div>
      <div className={classes.rowMain}>
        <Link to="/meetings/$number" params={{ number }} className={classes.rowTopic}>
          {topic}
        </Link>
        <div className={classes.rowMeta}>
          <span className={classes.number}>{spacedNumber(number)}</span>
          <TheirTime meeting={meeting} />
        </div>
        {isVanished(meeting) ? <div className={classes.rowMeta}>{t('vanished')}</div> : null}
      </div>
      <div className={classes.rowActs}>
        <IconButton
          icon={Copy}
          label={t('copyInvitation')}
          className={classes.wideOnly ?? ''}
          onClick={() => void copyInvitation(meeting)}
        />
        <Menu position="bottom-end">
          <Menu.Target>
            <IconButton icon={EllipsisVertical} label={t('moreFor', { topic })} />
          </Menu.Target>
          <Menu.Dropdown>
            <Menu.Item
              leftSection={<Copy size={16} aria-hidden />}
              onClick={() => void copyInvitation(meeting)}
            >
              {t('copyInvitation')}
            </Menu.Item>
            <Menu.Item
              leftSection={<Info size={16} aria-hidden />}
              onClick={() => void navigate({ to: '/meetings/$number', params: { number } })}
            >
              {t('open')}
            </Menu.Item>
            <Menu.Item
              leftSection={<Pencil size={16} aria-hidden />}
              onClick={() => void navigate({ to: '/meetings/$number/edit', params: { number } })}
            >
              {t('edit')}
            </Menu.Item>
            <Menu.Divider />
            <Menu.Item color="bad" leftSection={<Trash2 size={16} aria-hidden />} onClick={dialog.open}>
              {t('delete')}
            </Menu.Item>
          </Menu.Dropdown>
        </Menu>
        <Button
          component="a"
          href={joinPath(meeting)}
          variant={running ? 'filled' : past ? 'default' : 'light'}
          aria-label={running ? t('joinNamed', { topic }) : t('startNamed', { topic })}
          className={classes.go}
        >
          {running ? t('join') : t('start')}
        </Button>
      </div>
      <DeleteDialog meeting={meeting} opened={deleting} onClose={dialog.close} />
    </div>
  );
}

function RowTime({ meeting }: { readonly meeting: Meeting }) {
  const t = useText('meetings');
  const times = useTimeWriter();
  if (meeting.state === 'running')
    return (
      <>
        <StateWord state="live">{t('running')}</StateWord>
        {meeting.startedAtMs === null ? null : (
          <span className={classes.rowMeta}>{t('startedAt', { time: times.time(meeting.startedAtMs) })}</span>
        )}
      </>
    );
  const atMs = (meeting.state === 'past' ? meeting.startedAtMs : null) ?? meeting.startsAtMs;
  if (atMs === null) return <span className={classes.anyTime}>{t('anyTime')}</span>;
  return (
    <>
      <time dateTime={new Date(atMs).toISOString()} className={classes.clock}>
        {times.time(atMs)}
      </time>
      {meeting.durationMinutes === null ? null : (
        <span className={classes.rowMeta}>{t('minutes', { count: meeting.durationMinutes })}</span>
      )}
    </>
  );
}

/** The meeting's own clock, when it differs from the reader's. */
function TheirTime({ meeting }: { readonly meeting: Meeting }) {
  const t = useText('meetings');
  const times = useTimeWriter();
  const { startsAtMs, timeZone } = meeting;
  if (startsAtMs === null || timeZone === null || meeting.state === 'past') return null;
  if (zoneOffsetMinutes(startsAtMs, timeZone) === zoneOffsetMinutes(startsAtMs, localZone())) return null;
  return (
    <span>
      {t('theirTime', { time: times.timeIn(startsAtMs, timeZone), zone: times.zone(timeZone, startsAtMs) })}
    </span>
  );
}
