import { Button, Table } from '@mantine/core';
import type { ConsoleStatus, ServiceAction, ServiceStatus } from '@guildhall/protocol';
import { ConfirmDialog, showToast, StateWord, useLanguage, useNow, type ErrorWords } from '@guildhall/ui';
import { Play, RotateCw, Square } from 'lucide-react';
import { useState } from 'react';
import type { z } from 'zod';
import { useDrain, useServiceAction } from '../api/queries.ts';
import { useErrorWords } from '../lib/errors.ts';
import { memoryText, momentText, spanText } from '../lib/format.ts';
import { useText } from '../words/words.ts';
import classes from './pages.module.css';
import { useLoadText } from './use-load-text.ts';

type Action = z.output<typeof ServiceAction>;
type Asked = { readonly service: ServiceStatus; readonly action: 'stop' | 'restart' };

const TICK_MS = 1_000;

/** zctrl and mmr: what they do, since when, and Start, Stop, Restart. */
export function ServicesCard({
  status,
  mayOperate,
}: {
  readonly status: ConsoleStatus;
  readonly mayOperate: boolean;
}) {
  const t = useText('services');
  const toWords = useErrorWords();
  const run = useServiceAction();
  const drain = useDrain();
  const [asked, setAsked] = useState<Asked>();
  const [error, setError] = useState<ErrorWords>();
  const act = async (service: ServiceStatus, action: Action, confirmed: boolean): Promise<boolean> => {
    setError(undefined);
    try {
      await run.mutateAsync({ name: service.name, action, confirmed });
      return true;
    } catch (refusal) {
      const { field, words } = toWords(refusal);
      if (confirmed) setError(words);
      // A meeting began after the last poll: the server wants to be sure.
      else if (field === 'confirmed' && action !== 'start') setAsked({ service, action });
      else showToast({ tone: 'bad', title: t('failed', { name: service.name }), message: words.message });
      return false;
    }
  };
  const setDrain = async (what: 'start' | 'cancel'): Promise<void> => {
    try {
      await drain.mutateAsync(what);
      setAsked(undefined);
    } catch (refusal) {
      const { words } = toWords(refusal);
      if (what === 'start') setError(words);
      else showToast({ tone: 'bad', title: t('failed', { name: 'mmr' }), message: words.message });
    }
  };
  const press = (service: ServiceStatus, action: Action): void => {
    if (action !== 'start' && status.meetings > 0) setAsked({ service, action });
    else void act(service, action, false);
  };
  return (
    <section className={classes.card}>
      <h2>{t('title')}</h2>
      <Table aria-label={t('tableLabel')} className={classes.table}>
        <Table.Thead>
          <Table.Tr>
            <Table.Th>{t('name')}</Table.Th>
            <Table.Th>{t('state')}</Table.Th>
            <Table.Th>{t('since')}</Table.Th>
            <Table.Th>{t('process')}</Table.Th>
            <Table.Th>{t('lastExit')}</Table.Th>
            {mayOperate ? <Table.Th>{t('acts')}</Table.Th> : null}
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {status.services.map((service) => (
            <Table.Tr key={service.name}>
              <Facts service={service} status={status} />
              {mayOperate ? (
                <Table.Td className={classes.actsCell}>
                  <Acts
                    service={service}
                    paired={status.pairing.paired}
                    busy={
                      run.isPending && run.variables.name === service.name ? run.variables.action : undefined
                    }
                    onPress={(action) => press(service, action)}
                  />
                  {service.drain ? (
                    <Button
                      size="xs"
                      variant="subtle"
                      mt={4}
                      loading={drain.isPending}
                      onClick={() => void setDrain('cancel')}
                    >
                      {t('cancelDrain')}
                    </Button>
                  ) : null}
                </Table.Td>
              ) : null}
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
      {status.pairing.paired ? null : <p className={classes.soft}>{t('pairFirst')}</p>}
      <AskDialog
        asked={asked}
        status={status}
        error={error}
        onConfirm={async ({ service, action }) => {
          if (await act(service, action, true)) setAsked(undefined);
        }}
        onDrain={() => setDrain('start')}
        onClose={() => {
          setAsked(undefined);
          setError(undefined);
        }}
      />
    </section>
  );
}

interface FactsProps {
  readonly service: ServiceStatus;
  readonly status: Pick<ConsoleStatus, 'timeMs' | 'pair'>;
}

function Facts({ service, status: { timeMs, pair } }: FactsProps) {
  const t = useText('services');
  const { language } = useLanguage();
  const skewMs = useSkew(timeMs);
  const nowMs = useNow(TICK_MS) + skewMs;
  return (
    <>
      <Table.Td data-label={t('name')}>
        <div>
          <span className={classes.service}>{service.name}</span>
          <div className={classes.small}>{t(service.name)}</div>
        </div>
      </Table.Td>
      <Table.Td data-label={t('state')}>
        <div>
          <StateWord state={service.drain ? 'draining' : service.state} />
          {service.drain ? <DrainProgress drain={service.drain} /> : null}
          {service.name === 'zctrl' && pair ? <PairLine pair={pair} /> : null}
          {service.restarts > 0 ? (
            <div className={classes.small}>{t('restarts', { count: service.restarts })}</div>
          ) : null}
        </div>
      </Table.Td>
      <Table.Td data-label={t('since')} className="gh-tabular">
        <span title={momentText(service.sinceMs, language)}>
          {spanText(nowMs - service.sinceMs, language)}
        </span>
      </Table.Td>
      <Table.Td data-label={t('process')} className="gh-tabular">
        <div>
          {service.pid === null ? '–' : t('pid', { pid: service.pid })}
          {service.version === null ? null : (
            <div className={classes.small}>
              {t('version')} {service.version}
            </div>
          )}
          {service.memory ? <MemoryUse memory={service.memory} /> : null}
        </div>
      </Table.Td>
      <Table.Td data-label={t('lastExit')}>
        {service.lastExit === null ? (
          t('never')
        ) : (
          <div className={classes.exit}>
            {service.lastExit.reason}
            <div className={classes.small}>{momentText(service.lastExit.atMs, language)}</div>
          </div>
        )}
      </Table.Td>
    </>
  );
}

/** Whether the controller of this server and the other one of its zone hear each other. */
function PairLine({ pair: { state, sinceMs } }: { readonly pair: NonNullable<ConsoleStatus['pair']> }) {
  const t = useText('services');
  const { language } = useLanguage();
  return (
    <div>
      <StateWord state={state === 'connected' ? 'running' : 'unreachable'}>{t(`pair.${state}`)}</StateWord>
      <div className={classes.small}>{t(`pair.${state}Since`, { time: momentText(sinceMs, language) })}</div>
    </div>
  );
}

function MemoryUse({ memory }: { readonly memory: NonNullable<ServiceStatus['memory']> }) {
  const t = useText('services');
  const { language } = useLanguage();
  const used = memoryText(memory.usedBytes, language);
  const limit = memory.limitBytes === null ? '' : memoryText(memory.limitBytes, language);
  return <div className={classes.small}>{t(`memory.${memory.limitOf}`, { used, limit })}</div>;
}

function DrainProgress({ drain }: { readonly drain: NonNullable<ServiceStatus['drain']> }) {
  const t = useText('services');
  const { language } = useLanguage();
  const load = useLoadText(drain);
  return (
    <output className={classes.small}>
      {drain.meetings === 0
        ? t('drainEmpty')
        : t('drainLeft', { load, until: momentText(drain.untilMs, language) })}
    </output>
  );
}

/** How far this browser's clock is behind the server's, ms, taken once so that the span does not jump with each poll. */
function useSkew(timeMs: number): number {
  const [skewMs] = useState(() => timeMs - Date.now());
  return skewMs;
}

function Acts({
  service,
  paired,
  busy,
  onPress,
}: {
  readonly service: ServiceStatus;
  readonly paired: boolean;
  readonly busy: Action | undefined;
  readonly onPress: (action: Action) => void;
}) {
  const t = useText('services');
  const { name } = service;
  // Also one that is wanted but cannot run yet, because the server is not paired.
  const off = service.wanted === 'stopped' || service.state === 'stopped';
  return (
    <div className={classes.acts}>
      {off ? (
        <Button
          size="xs"
          disabled={!paired}
          leftSection={<Play size={14} aria-hidden />}
          loading={busy === 'start'}
          aria-label={t('startNamed', { name })}
          onClick={() => onPress('start')}
        >
          {t('start')}
        </Button>
      ) : (
        <>
          <Button
            size="xs"
            variant="default"
            leftSection={<RotateCw size={14} aria-hidden />}
            loading={busy === 'restart'}
            aria-label={t('restartNamed', { name })}
            onClick={() => onPress('restart')}
          >
            {t('restart')}
          </Button>
          <Button
            size="xs"
            variant="outline"
            color="bad"
            leftSection={<Square size={14} aria-hidden />}
            loading={busy === 'stop'}
            aria-label={t('stopNamed', { name })}
            onClick={() => onPress('stop')}
          >
            {t('stop')}
          </Button>
        </>
      )}
    </div>
  );
}

const DIALOG_TEXT = {
  zctrl: { stop: 'dialog.zctrlStop', restart: 'dialog.zctrlRestart' },
  mmr: { stop: 'dialog.mmrStop', restart: 'dialog.mmrRestart' },
} as const;

function AskDialog(props: {
  readonly asked: Asked | undefined;
  readonly status: ConsoleStatus;
  readonly error: ErrorWords | undefined;
  readonly onConfirm: (asked: Asked) => Promise<void>;
  readonly onDrain: () => Promise<void>;
  readonly onClose: () => void;
}) {
  const t = useText('services');
  const load = useLoadText(props.status);
  const { asked } = props;
  if (!asked) return null;
  const { name, drain, state } = asked.service;
  const mayDrain = name === 'mmr' && asked.action === 'stop' && state === 'running' && !drain;
  return (
    <ConfirmDialog
      opened
      danger
      title={t(asked.action === 'stop' ? 'dialog.stopTitle' : 'dialog.restartTitle', { name })}
      confirmLabel={t(asked.action === 'stop' ? 'stopNamed' : 'restartNamed', { name })}
      error={props.error}
      gentler={mayDrain ? { label: t('drainFirst'), onChoose: props.onDrain } : undefined}
      onConfirm={() => props.onConfirm(asked)}
      onClose={props.onClose}
    >
      {t(DIALOG_TEXT[name][asked.action], { load })} {t(mayDrain ? 'dialog.drain' : 'dialog.gentle')}
    </ConfirmDialog>
  );
}
