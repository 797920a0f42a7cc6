import { Button } from '@mantine/core';
import type { MeetingEnd } from '@guildhall/meeting-client';
import { CardHead, CardPage, useErrorSentence } from '@guildhall/ui';
import { DoorClosed, DoorOpen, MonitorSmartphone, WifiOff, type LucideIcon } from 'lucide-react';
import { useEffect, useRef } from 'react';
import { useWords } from '../words/words.ts';
import classes from './pages.module.css';

const icons: Readonly<Record<MeetingEnd['kind'], LucideIcon>> = {
  left: DoorOpen,
  ended: DoorClosed,
  removed: DoorClosed,
  refused: DoorClosed,
  replaced: MonitorSmartphone,
  lost: WifiOff,
  failed: DoorClosed,
};

const useSentences = (end: MeetingEnd): { readonly title: string; readonly text: string } => {
  const t = useWords();
  const sentence = useErrorSentence();
  if (end.reason === 'ended-by-host') return { title: t('ended.endedByHost'), text: '' };
  if (end.reason === 'drained') return { title: t('ended.drained'), text: t('ended.drainedText') };
  if (end.reason === 'ended-by-portal') return { title: t('ended.endedByPortal'), text: '' };
  const texts: Partial<Record<MeetingEnd['kind'], string>> = {
    replaced: t('ended.replacedText'),
    lost: t('ended.lostText'),
    failed: end.error ? sentence(end.error.code, end.error.message) : '',
  };
  return { title: t(`ended.${end.kind}`), text: texts[end.kind] ?? '' };
};

/** Over, for whatever reason: what happened, and the way on. */
export const EndedPage = ({ end, onAgain }: { readonly end: MeetingEnd; readonly onAgain: () => void }) => {
  const t = useWords();
  const { title, text } = useSentences(end);
  useEffect(() => {
    document.title = `${title} · Guildhall`;
  }, [title]);
  // The page changed under a reader's hands: the heading says what happened.
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => heading.current?.focus(), []);
  const mayComeBack = end.kind !== 'removed' && end.kind !== 'refused';
  return (
    <CardPage>
      <CardHead icon={icons[end.kind]} title={title} titleRef={heading}>
        {text ? <p className={classes.text}>{text}</p> : null}
      </CardHead>
      <div className={classes.acts}>
        {mayComeBack ? (
          <Button variant="default" size="md" onClick={onAgain}>
            {t('ended.again')}
          </Button>
        ) : null}
        <Button component="a" href="/" size="md">
          {t('ended.portal')}
        </Button>
      </div>
    </CardPage>
  );
};
