import { useLanguage } from '@guildhall/ui';
import { useEffect, useRef } from 'react';
import { useText } from '../../words/words.ts';
import classes from './logs.module.css';
import type { Shown } from './use-log-feed.ts';

/** Nearer to the end than this the newest line stays in sight. */
const NEAR_END_PX = 48;

/** Log lines in a box of its own, the newest last; it follows them until somebody scrolls up. */
export function LogLines({ lines }: { readonly lines: readonly Shown[] }) {
  const t = useText('logs');
  const { language } = useLanguage();
  const box = useRef<HTMLElement>(null);
  const follows = useRef(true);
  useEffect(() => {
    if (follows.current && box.current) box.current.scrollTop = box.current.scrollHeight;
  });
  const time = new Intl.DateTimeFormat(language === 'es' ? 'es-ES' : 'en-GB', {
    timeStyle: 'medium',
    dateStyle: 'short',
  });
  return (
    <section
      ref={box}
      className={classes.box}
      aria-label={t('lines')}
      // oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- a box that scrolls has to be reached by the keyboard
      tabIndex={0}
      onScroll={({ currentTarget: { scrollHeight, scrollTop, clientHeight } }) => {
        follows.current = scrollHeight - scrollTop - clientHeight < NEAR_END_PX;
      }}
    >
      <ol className={classes.lines}>
        {lines.map(({ key, entry }) => (
          <li key={key} className={classes.line} data-level={entry.level}>
            <span className={classes.meta}>
              {entry.timeMs === null ? null : <time>{time.format(entry.timeMs)}</time>}
              <span>{entry.source}</span>
              {entry.level === null ? null : <span className={classes.level}>{entry.level}</span>}
            </span>
            <span className={classes.message}>
              {entry.message}
              {entry.facts === '' ? null : <span className={classes.facts}> {entry.facts}</span>}
            </span>
          </li>
        ))}
      </ol>
    </section>
  );
}
