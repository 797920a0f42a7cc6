import { Button } from '@mantine/core';
import { CardHead, CardPage, useLanguage } from '@guildhall/ui';
import { keptPasses } from '@guildhall/rest-client/passes';
import { CloudOff } from 'lucide-react';
import { useEffect, useState } from 'react';
import { spacedNumber } from '../lib/address.ts';
import { useWords } from '../words/words.ts';
import classes from './away.module.css';
import { useBackAgain } from './use-back-again.ts';

/** Any page of the portal while the portal cannot be reached: what can be done without it. */
export const AwayPage = () => {
  const t = useWords();
  const { language } = useLanguage();
  const [passes] = useState(() => keptPasses(Date.now()));
  useBackAgain(() => window.location.reload());
  useEffect(() => {
    document.title = `${t('away.title')} · Guildhall`;
  }, [t]);
  const when = new Intl.DateTimeFormat(language, { dateStyle: 'medium', timeStyle: 'short' });
  return (
    <CardPage>
      <CardHead icon={CloudOff} title={t('away.title')}>
        <p className={classes.text}>{passes.length > 0 ? t('away.canMeet') : t('away.cannotMeet')}</p>
      </CardHead>
      {passes.length > 0 ? (
        <ul className={classes.list} aria-label={t('away.meetings')}>
          {passes.map(({ meeting, startsAtMs }) => (
            <li key={meeting.meetingId} className={classes.row}>
              <div className={classes.facts}>
                <strong className={classes.topic}>{meeting.topic}</strong>
                <span className={classes.soft}>
                  {startsAtMs === null ? '' : `${when.format(startsAtMs)} · `}
                  {spacedNumber(meeting.number)}
                </span>
              </div>
              <Button
                component="a"
                href={`/j/${meeting.number}`}
                aria-label={t(meeting.role === 'host' ? 'away.startThis' : 'away.joinThis', {
                  topic: meeting.topic,
                })}
              >
                {t(meeting.role === 'host' ? 'away.start' : 'away.join')}
              </Button>
            </li>
          ))}
        </ul>
      ) : null}
      <p className={`${classes.soft} ${classes.foot}`}>{t('away.comesBack')}</p>
    </CardPage>
  );
};
