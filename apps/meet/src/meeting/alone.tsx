import { Button } from '@mantine/core';
import { Link } from 'lucide-react';
import { useWords } from '../words/words.ts';
import classes from './meeting.module.css';
import { useActions } from './use-actions.ts';

/** Nobody else is here yet: the first act is to invite somebody. */
export const Alone = () => {
  const t = useWords();
  const { copyInvitation } = useActions();
  return (
    <div className={classes.alone}>
      <p className={classes.aloneTitle}>{t('stage.alone')}</p>
      <p>{t('stage.aloneText')}</p>
      <Button size="sm" leftSection={<Link size={16} aria-hidden />} onClick={copyInvitation}>
        {t('more.invite')}
      </Button>
    </div>
  );
};
