import { LogoMark, useNow } from '@guildhall/ui';
import { Lock, TriangleAlert } from 'lucide-react';
import { useEffect, useState } from 'react';
import { useWords } from '../words/words.ts';
import { useMeeting } from './context.ts';
import classes from './meeting.module.css';

/** Below this of ten a person is told whose side the trouble is on. */
const POOR = 4;
/** A path that has just begun is slow for a moment; that is no news. */
const STAYS_MS = 6_000;

/** Topic, who is here, and trouble in words. */
export const Header = () => {
  const t = useWords();
  const topic = useMeeting((state) => state.view?.topic ?? state.meeting?.topic ?? '');
  const people = useMeeting((state) => state.view?.participants.length ?? 0);
  const locked = useMeeting((state) => state.view?.locked ?? false);
  useEffect(() => {
    document.title = `${topic} · Guildhall`;
  }, [topic]);
  return (
    <header className={classes.header}>
      <span className={classes.mark} aria-hidden>
        <LogoMark size={18} />
      </span>
      <h1 className={classes.topic}>{topic}</h1>
      <span className={classes.count}>{t('header.people', { count: people })}</span>
      {locked ? (
        <span className={classes.locked}>
          <Lock size={14} aria-hidden /> {t('header.locked')}
        </span>
      ) : null}
      <Trouble />
    </header>
  );
};

const Trouble = () => {
  const downSinceMs = useMeeting((state) => state.linkDownSinceMs);
  return (
    <output className={classes.trouble}>
      {downSinceMs === null ? <Quality /> : <Reconnecting sinceMs={downSinceMs} />}
    </output>
  );
};

const Reconnecting = ({ sinceMs }: { readonly sinceMs: number }) => {
  const t = useWords();
  const seconds = Math.max(0, Math.round((useNow(1_000) - sinceMs) / 1_000));
  return (
    <span className={classes.reconnecting}>
      <span className={classes.pulse} aria-hidden />
      {t('header.reconnecting', { seconds })}
    </span>
  );
};

const Quality = () => {
  const t = useWords();
  const isInterrupted = useMeeting((state) => state.media === 'interrupted');
  const quality = useMeeting((state) => state.quality);
  const sends = useMeeting((state) => state.local.camera !== undefined);
  const poor =
    quality === null ? null : quality.down < POOR ? 'down' : sends && quality.up < POOR ? 'up' : null;
  const told = useLasting(poor);
  if (isInterrupted) return <span className={classes.reconnecting}>{t('header.mediaBack')}</span>;
  if (!told) return null;
  return (
    <span className={classes.poor}>
      <TriangleAlert size={16} aria-hidden /> {t(told === 'down' ? 'header.downSlow' : 'header.upSlow')}
    </span>
  );
};

/** The value once it has been the same for a while; null while it has not. */
const useLasting = (value: 'up' | 'down' | null): 'up' | 'down' | null => {
  const [lasting, setLasting] = useState<'up' | 'down' | null>(null);
  useEffect(() => {
    const timer = setTimeout(() => setLasting(value), value === null ? 0 : STAYS_MS);
    return () => clearTimeout(timer);
  }, [value]);
  return lasting === value ? lasting : null;
};
