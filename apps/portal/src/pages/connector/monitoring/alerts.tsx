import { Button, Switch, Table } from '@mantine/core';
import type { AlertDelivery, AlertRule, AlertTarget } from '@guildhall/protocol';
import { ErrorState, IconButton, LoadingState, showToast, StateWord, type StateName } from '@guildhall/ui';
import { useQuery } from '@tanstack/react-query';
import { Trash2 } from 'lucide-react';
import { useErrorWords } from '../../../lib/errors.ts';
import { useTimeWriter } from '../../../lib/use-time.ts';
import { useText } from '../../../words/words.ts';
import pages from '../../pages.module.css';
import { RuleForm, TargetForm } from './alert-forms.tsx';
import { ALERT_KINDS, limitOf } from './alert-words.ts';
import classes from './monitoring.module.css';
import { alertsQuery, deliveriesQuery, useAlertActs } from './queries.ts';

/** When somebody is told of something, who, and what was sent. */
export function AlertsView() {
  const t = useText('monitoring');
  const toWords = useErrorWords();
  const query = useQuery(alertsQuery);
  if (query.isPending) return <LoadingState rows={4} />;
  if (!query.data) return <ErrorState {...toWords(query.error).words} onRetry={() => void query.refetch()} />;
  const { rules, targets, mail } = query.data;
  return (
    <div className={pages.stack}>
      <section className={pages.card}>
        <h2>{t('alert.rules')}</h2>
        <p className={classes.why}>{t('alert.rulesNote')}</p>
        {rules.length === 0 ? <p className={pages.plain}>{t('alert.noRules')}</p> : <Rules rules={rules} />}
        <RuleForm />
      </section>
      <section className={pages.card}>
        <h2>{t('alert.targets')}</h2>
        {targets.length === 0 ? (
          <p className={pages.plain}>{t('alert.noTargets')}</p>
        ) : (
          <Targets targets={targets} />
        )}
        <TargetForm mail={mail} />
      </section>
      <section>
        <h2 className={pages.sectionTitle}>{t('alert.deliveries')}</h2>
        <Deliveries />
      </section>
    </div>
  );
}

/** Switching and removing, which rules and targets have in common. */
function useChanges() {
  const t = useText('monitoring');
  const toWords = useErrorWords();
  const { change, remove } = useAlertActs();
  const onError = (error: unknown): void =>
    void showToast({ tone: 'bad', title: t('alert.failed'), message: toWords(error).words.message });
  return {
    set: (path: string, enabled: boolean) => change.mutate({ path, enabled }, { onError }),
    remove: (path: string) => remove.mutate(path, { onError }),
  };
}

interface ChangeProps {
  readonly path: string;
  readonly name: string;
  readonly enabled: boolean;
}

function Changes({ path, name, enabled }: ChangeProps) {
  const t = useText('monitoring');
  const { set, remove } = useChanges();
  return (
    <div className={classes.changes}>
      <Switch
        aria-label={`${t('alert.enabled')}: ${name}`}
        checked={enabled}
        onChange={(event) => set(path, event.currentTarget.checked)}
      />
      <IconButton icon={Trash2} label={t('alert.remove', { name })} onClick={() => remove(path)} />
    </div>
  );
}

function Rules({ rules }: { readonly rules: readonly AlertRule[] }) {
  const t = useText('monitoring');
  return (
    <ul className={classes.rows}>
      {rules.map(({ ruleId, condition, enabled, firing }) => {
        const name = t(`alert.says.${ALERT_KINDS[condition.kind].word}`, { limit: limitOf(condition) });
        return (
          <li key={ruleId}>
            <div className={classes.rowWords}>
              <span>{name}</span>
              {enabled ? (
                <StateWord state={firing.length > 0 ? 'failing' : 'ended'}>
                  {firing.length > 0
                    ? t('alert.firing', { names: firing.map(({ label }) => label).join(', ') })
                    : t('alert.quiet')}
                </StateWord>
              ) : null}
            </div>
            <Changes path={`rules/${ruleId}`} name={name} enabled={enabled} />
          </li>
        );
      })}
    </ul>
  );
}

function Targets({ targets }: { readonly targets: readonly AlertTarget[] }) {
  const t = useText('monitoring');
  const toWords = useErrorWords();
  const { test } = useAlertActs();
  const press = ({ targetId, name }: AlertTarget): void =>
    test.mutate(targetId, {
      onSuccess: () => void showToast({ tone: 'good', title: t('alert.tested'), message: name }),
      onError: (error) =>
        void showToast({ tone: 'bad', title: t('alert.notTested'), message: toWords(error).words.message }),
    });
  return (
    <ul className={classes.rows}>
      {targets.map((target) => {
        const { targetId, kind, name, address, enabled } = target;
        return (
          <li key={targetId}>
            <div className={classes.rowWords}>
              <span className={pages.strong}>{name}</span>
              <span className={classes.why}>
                {t(`alert.${kind}`)} · {address}
              </span>
            </div>
            <Button
              variant="default"
              aria-label={`${t('alert.test')}: ${name}`}
              loading={test.isPending && test.variables === targetId}
              onClick={() => press(target)}
            >
              {t('alert.test')}
            </Button>
            <Changes path={`targets/${targetId}`} name={name} enabled={enabled} />
          </li>
        );
      })}
    </ul>
  );
}

const DELIVERY = { waiting: 'waiting', delivered: 'ended', failed: 'failing' } as const satisfies Record<
  AlertDelivery['state'],
  StateName
>;

function Deliveries() {
  const t = useText('monitoring');
  const toWords = useErrorWords();
  const times = useTimeWriter();
  const query = useQuery(deliveriesQuery);
  if (query.isPending) return <LoadingState rows={2} />;
  if (!query.data) return <ErrorState {...toWords(query.error).words} onRetry={() => void query.refetch()} />;
  const { deliveries } = query.data;
  if (deliveries.length === 0) return <p className={pages.plain}>{t('alert.noDeliveries')}</p>;
  return (
    <div className={pages.tableCard}>
      <Table className={pages.table} aria-label={t('alert.deliveries')}>
        <Table.Thead>
          <Table.Tr>
            <Table.Th>{t('when')}</Table.Th>
            <Table.Th>{t('alert.target')}</Table.Th>
            <Table.Th>{t('alert.message')}</Table.Th>
            <Table.Th>{t('alert.outcome')}</Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {deliveries.map((one) => (
            <Table.Tr key={one.deliveryId}>
              <Table.Td data-label={t('when')} className="gh-tabular">
                {times.dayAndTime(one.atMs)}
              </Table.Td>
              <Table.Td data-label={t('alert.target')} className={pages.breakable}>
                {one.target}
              </Table.Td>
              <Table.Td data-label={t('alert.message')} className={pages.breakable}>
                {one.subject}
              </Table.Td>
              <Table.Td data-label={t('alert.outcome')}>
                <div>
                  <StateWord state={DELIVERY[one.state]}>{t(`alert.states.${one.state}`)}</StateWord>
                  <p className={classes.why}>
                    {[
                      t('alert.attempts', { count: one.attempts }),
                      one.statusCode === null ? '' : t('alert.status', { code: one.statusCode }),
                      one.statusCode === null ? (one.error ?? '') : '',
                    ]
                      .filter(Boolean)
                      .join(' · ')}
                  </p>
                </div>
              </Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </div>
  );
}
