import { Button } from '@mantine/core';
import type { MeetingNotice } from '@guildhall/meeting-client';
import { hideToast, showToast, useErrorSentence } from '@guildhall/ui';
import { useEffect, useRef } from 'react';
import { useWords } from '../words/words.ts';
import type { DeviceKind } from '../devices/local-devices.ts';
import { useDevices, useMeeting, useMeetingContext } from './context.ts';
import { useRights } from './use-actions.ts';

/** Says what somebody else did to this person, and to those who may admit that somebody waits. */
export const useNotices = (): void => {
  const { client, panel, setPanel } = useMeetingContext();
  const t = useWords();
  const sentence = useErrorSentence();
  const { isModerator } = useRights();
  const waiting = useMeeting((state) => state.view?.lobby.length ?? 0);
  const before = useRef(0);

  useEffect(() => {
    const say = (notice: MeetingNotice): void => {
      if (notice.kind === 'source-refused') {
        const message = sentence(notice.error.code, notice.error.message);
        showToast({ id: 'refused', tone: 'bad', message });
      } else if (notice.kind === 'turned-away')
        showToast({ id: 'turned-away', tone: 'amber', message: t(`toast.turnedAway.${notice.why}`) });
      else if (notice.kind === 'muted-on-entry') showToast({ id: 'muted', message: t('toast.mutedOnEntry') });
      else if (notice.source === 'mic') showToast({ id: 'muted', message: t('toast.mutedByHost') });
      else if (notice.source === 'camera') showToast({ id: 'muted', message: t('toast.videoByHost') });
      else showToast({ id: 'muted', message: t('toast.shareByHost') });
    };
    return client.onNotice(say);
  }, [client, sentence, t]);

  useDeviceTrouble('camera');
  useDeviceTrouble('mic');

  useEffect(() => {
    const isNews = isModerator && waiting > before.current && panel !== 'participants';
    before.current = waiting;
    if (waiting === 0 || panel === 'participants') hideToast('lobby');
    if (!isNews) return;
    const show = (
      <Button size="compact-sm" variant="light" onClick={() => setPanel('participants')}>
        {t('toast.show')}
      </Button>
    );
    showToast({ id: 'lobby', tone: 'amber', message: t('toast.waiting'), action: show });
  }, [waiting, isModerator, panel, setPanel, t]);
};

/** A device that is asked for and does not come is explained, here as on the pre-join page. */
const useDeviceTrouble = (kind: DeviceKind): void => {
  const t = useWords();
  const trouble = useDevices((state) => state[kind].trouble);
  // What was explained before joining is not said again.
  const known = useRef(trouble);
  useEffect(() => {
    if (trouble === known.current) return;
    known.current = trouble;
    if (trouble)
      showToast({ id: `trouble-${kind}`, tone: 'amber', message: t(`trouble.${kind}.${trouble}`) });
  }, [trouble, kind, t]);
};
