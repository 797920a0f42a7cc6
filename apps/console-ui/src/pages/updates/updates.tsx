import { Button } from '@mantine/core';
import type { ConsoleUpdates } from '@guildhall/protocol';
import { ConfirmDialog, ErrorState, LoadingState, PageHeader, showToast, StateWord } from '@guildhall/ui';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { updatesQuery, useActivateVersion } from '../../api/updates.ts';
import { useErrorWords } from '../../lib/errors.ts';
import { useConfirmed } from '../../lib/use-confirmed.ts';
import type { PageProps } from '../../shell/pages.ts';
import { useText } from '../../words/words.ts';
import classes from '../pages.module.css';
import { InstallBundle } from './install.tsx';
import { Restart } from './restart.tsx';

/** Which version runs, which are here, and a signed bundle for another. */
export function UpdatesPage({ me }: PageProps) {
  const t = useText('updates');
  const toWords = useErrorWords();
  const query = useQuery(updatesQuery);
  const mayOperate = me.authority === 'operate';
  return (
    <>
      <PageHeader title={t('title')} subtitle={t('subtitle')} />
      {query.isPending ? <LoadingState rows={2} rowHeight={100} /> : null}
      {query.isError && !query.data ? (
        <ErrorState {...toWords(query.error).words} onRetry={() => void query.refetch()} />
      ) : null}
      {query.data?.restart ? <Restart restart={query.data.restart} mayOperate={mayOperate} /> : null}
      {query.data ? <Versions state={query.data} mayOperate={mayOperate} /> : null}
      {query.data?.managed && mayOperate ? <InstallBundle /> : null}
    </>
  );
}

function Versions({ state, mayOperate }: { readonly state: ConsoleUpdates; readonly mayOperate: boolean }) {
  const t = useText('updates');
  const [asked, setAsked] = useState<string>();
  const isRestarting = state.restart?.finishedAtMs === null;
  const waits = state.current !== null && state.current !== state.running && !isRestarting;
  return (
    <section className={classes.card}>
      <div className={classes.cardHead}>
        <h2>{t('versions')}</h2>
        <StateWord state="running">{t('running', { version: state.running })}</StateWord>
      </div>
      {state.managed ? null : <p className={classes.soft}>{t('notManaged')}</p>}
      {waits ? <StateWord state="waiting">{t('waits', { version: state.current ?? '' })}</StateWord> : null}
      {state.installed.length > 0 ? (
        <dl className={classes.facts}>
          {state.installed.map((version) => (
            <div key={version} className={classes.fact}>
              <dt>{version}</dt>
              <dd>
                {version === state.current ? (
                  t(version === state.running ? 'inUse' : 'isCurrent')
                ) : mayOperate && !isRestarting ? (
                  <Button
                    size="xs"
                    variant="default"
                    aria-label={t('switchNamed', { version })}
                    onClick={() => setAsked(version)}
                  >
                    {t('switch')}
                  </Button>
                ) : (
                  t('isInstalled')
                )}
              </dd>
            </div>
          ))}
        </dl>
      ) : null}
      {asked === undefined ? null : (
        <SwitchDialog
          version={asked}
          restarts={state.restarts === true}
          onClose={() => setAsked(undefined)}
        />
      )}
    </section>
  );
}

interface SwitchDialogProps {
  readonly version: string;
  readonly restarts: boolean;
  readonly onClose: () => void;
}

function SwitchDialog({ version, restarts, onClose }: SwitchDialogProps) {
  const t = useText('updates');
  const activate = useActivateVersion();
  const confirmed = useConfirmed(async () => {
    await activate.mutateAsync({ version });
    if (!restarts) showToast({ tone: 'good', message: t('switched', { version }) });
  }, onClose);
  return (
    <ConfirmDialog opened title={t('switchNamed', { version })} confirmLabel={t('switch')} {...confirmed}>
      {t(restarts ? 'switchRestartText' : 'switchText', { version })}
    </ConfirmDialog>
  );
}
