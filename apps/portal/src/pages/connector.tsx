import { Button, Table } from '@mantine/core';
import type { Connector } from '@guildhall/protocol';
import {
  EmptyState,
  ErrorState,
  LoadingState,
  PageHeader,
  showToast,
  StateWord,
  useNow,
  type StateName,
} from '@guildhall/ui';
import { useQuery } from '@tanstack/react-query';
import { Server, ServerOff } from 'lucide-react';
import { connectorQuery, useEnableConnector } from '../api/queries.ts';
import { useErrorWords } from '../lib/errors.ts';
import { usePageTitle } from '../lib/use-page-title.ts';
import { useTimeWriter } from '../lib/use-time.ts';
import { useText } from '../words/words.ts';
import { ModeSwitch } from './connector-mode.tsx';
import { PairingCard } from './connector-pairing.tsx';
import classes from './pages.module.css';

const STATE = {
  enrolled: 'waiting',
  connected: 'running',
  unreachable: 'unreachable',
} as const satisfies Record<Connector['nodes'][number]['state'], StateName>;

/** The state of the account's connector, its mode, and the token that brings servers in. */
export function ConnectorPage() {
  const t = useText('connector');
  const toWords = useErrorWords();
  const query = useQuery(connectorQuery);
  usePageTitle(t('title'));
  return (
    <>
      <PageHeader
        title={t('title')}
        subtitle={t('subtitle')}
        actions={query.data?.enabled ? <ModeSwitch mode={query.data.mode} /> : undefined}
      />
      {query.isPending ? <LoadingState rows={3} /> : null}
      {query.isError ? (
        <ErrorState {...toWords(query.error).words} onRetry={() => void query.refetch()} />
      ) : null}
      {query.data ? <State connector={query.data} /> : null}
    </>
  );
}

function State({ connector }: { readonly connector: Connector }) {
  const t = useText('connector');
  if (!connector.enabled)
    return (
      <EmptyState icon={ServerOff} title={t('disabledTitle')} action={<Enable />}>
        {t('disabledText')}
      </EmptyState>
    );
  return (
    <div className={classes.stack}>
      {connector.nodes.length === 0 ? (
        <EmptyState icon={Server} title={t('emptyTitle')}>
          {t('emptyText')}
        </EmptyState>
      ) : (
        <>
          <StateLine connector={connector} />
          <div>
            <h2 className={classes.sectionTitle}>{t('nodes')}</h2>
            <NodesTable nodes={connector.nodes} />
          </div>
        </>
      )}
      <PairingCard hasToken={connector.hasToken} />
    </div>
  );
}

function Enable() {
  const t = useText('connector');
  const toWords = useErrorWords();
  const enable = useEnableConnector();
  const press = async (): Promise<void> => {
    try {
      await enable.mutateAsync();
    } catch (error) {
      showToast({ tone: 'bad', title: t('failed'), message: toWords(error).words.message });
    }
  };
  return (
    <Button loading={enable.isPending} onClick={() => void press()}>
      {t('enable')}
    </Button>
  );
}

function StateLine({ connector }: { readonly connector: Connector }) {
  const t = useText('connector');
  const { nodes, routers } = connector;
  const controllers = nodes.filter((node) => node.role === 'controller').length;
  const sum = (of: 'meetings' | 'participants'): number => nodes.reduce((total, node) => total + node[of], 0);
  const away = nodes.filter((node) => node.state !== 'connected').length;
  const facts = [
    t(`mode.${connector.mode}`),
    t('controllers', { count: controllers }),
    t('routers', { count: routers.length }),
    t('inMeetings', {
      people: t('people', { count: sum('participants') }),
      meetings: t('meetings', { count: sum('meetings') }),
    }),
  ];
  return (
    <section className={classes.card} data-line>
      <p className={classes.stateLine}>{facts.join(' · ')}</p>
      <StateWord state={away === 0 ? 'running' : 'unreachable'}>
        {away === 0 ? t('allWell') : t('away', { count: away })}
      </StateWord>
      {connector.mode === 'test' ? <p className={classes.plain}>{t('testNote')}</p> : null}
    </section>
  );
}

function NodesTable({ nodes }: { readonly nodes: Connector['nodes'] }) {
  const t = useText('connector');
  const times = useTimeWriter();
  const nowMs = useNow(5_000);
  return (
    <div className={classes.tableCard}>
      <Table aria-label={t('tableLabel')} className={classes.table}>
        <Table.Thead>
          <Table.Tr>
            <Table.Th>{t('name')}</Table.Th>
            <Table.Th>{t('role')}</Table.Th>
            <Table.Th>{t('state')}</Table.Th>
            <Table.Th>{t('version')}</Table.Th>
            <Table.Th>{t('load')}</Table.Th>
            <Table.Th>{t('lastSeen')}</Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {nodes.map((node) => (
            <Table.Tr key={node.nodeId}>
              <Table.Td data-label={t('name')} className={classes.breakable}>
                <span className={classes.strong}>{node.name}</span>
              </Table.Td>
              <Table.Td data-label={t('role')}>{t(`roles.${node.role}`)}</Table.Td>
              <Table.Td data-label={t('state')}>
                <StateWord state={STATE[node.state]}>{t(`states.${node.state}`)}</StateWord>
              </Table.Td>
              <Table.Td data-label={t('version')}>{node.version ?? '–'}</Table.Td>
              <Table.Td data-label={t('load')} className="gh-tabular">
                {t('inMeetings', {
                  people: t('people', { count: node.participants }),
                  meetings: t('meetings', { count: node.meetings }),
                })}
              </Table.Td>
              <Table.Td data-label={t('lastSeen')} className="gh-tabular">
                {node.lastSeenMs === null ? t('never') : times.ago(node.lastSeenMs, nowMs)}
              </Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </div>
  );
}
