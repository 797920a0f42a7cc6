import { Button } from '@mantine/core';
import type { UpdateRestart } from '@guildhall/protocol';
import { ConfirmDialog, StateWord } from '@guildhall/ui';
import { useState } from 'react';
import { useRestartNow } from '../../api/updates.ts';
import { useConfirmed } from '../../lib/use-confirmed.ts';
import { useText } from '../../words/words.ts';
import classes from '../pages.module.css';
import { useLoadText } from '../use-load-text.ts';

interface RestartProps {
  readonly restart: UpdateRestart;
  readonly mayOperate: boolean;
}

/** How far the way to another version has come, step by step, and how the last one ended. */
export function Restart({ restart, mayOperate }: RestartProps) {
  const t = useText('updates');
  const load = useLoadText(restart);
  const [isAsked, setIsAsked] = useState(false);
  const { state, version, before, reason } = restart;
  const isForward = state === 'running' || state === 'waiting' || state === 'done';
  return (
    <section className={classes.card} aria-live="polite">
      <div className={classes.cardHead}>
        <h2>{t('wayTo', { version })}</h2>
        <StateWord state={words[state]}>{t(`state-${state}`)}</StateWord>
      </div>
      {reason === null ? null : <p className={classes.soft}>{t(`reason-${reason}`, { version, before })}</p>}
      {state === 'interrupted' ? <p className={classes.soft}>{t('interrupted', { version })}</p> : null}
      {isForward ? <Steps restart={restart} /> : null}
      {state === 'running' && restart.step === 'console' ? (
        <p className={classes.soft}>{t('signInAgain')}</p>
      ) : null}
      {state === 'waiting' ? (
        <>
          <p className={classes.soft}>{t('waitsFor', { load })}</p>
          {mayOperate ? (
            <div>
              <Button variant="default" onClick={() => setIsAsked(true)}>
                {t('restartNow')}
              </Button>
            </div>
          ) : null}
        </>
      ) : null}
      {isAsked ? <NowDialog restart={restart} onClose={() => setIsAsked(false)} /> : null}
    </section>
  );
}

const words = {
  running: 'waiting',
  waiting: 'waiting',
  done: 'running',
  'going-back': 'failing',
  'rolled-back': 'failing',
  interrupted: 'stopped',
} as const;

const order = ['console', 'zctrl', 'mmr', 'health'] as const;

function Steps({ restart: { state, step, services } }: { readonly restart: UpdateRestart }) {
  const t = useText('updates');
  const shown = order.filter((one) => (one !== 'zctrl' && one !== 'mmr') || services.includes(one));
  const at = state === 'done' ? shown.length : shown.findIndex((one) => one === step);
  return (
    <dl className={classes.facts}>
      <div className={classes.fact}>
        <dt>{t('step-installed')}</dt>
        <dd>{t('stepDone')}</dd>
      </div>
      {shown.map((one, index) => (
        <div key={one} className={classes.fact} aria-current={index === at ? 'step' : undefined}>
          <dt>{t(`step-${one}`)}</dt>
          <dd>{index < at ? t('stepDone') : index === at ? t('stepNow') : t('stepLater')}</dd>
        </div>
      ))}
    </dl>
  );
}

function NowDialog({ restart, onClose }: { readonly restart: UpdateRestart; readonly onClose: () => void }) {
  const t = useText('updates');
  const load = useLoadText(restart);
  const restartNow = useRestartNow();
  const confirmed = useConfirmed(() => restartNow.mutateAsync(undefined), onClose);
  return (
    <ConfirmDialog opened title={t('restartNow')} confirmLabel={t('restartNow')} {...confirmed}>
      {t('restartNowText', { load })}
    </ConfirmDialog>
  );
}
