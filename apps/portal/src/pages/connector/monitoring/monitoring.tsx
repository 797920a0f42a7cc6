import { Button, Table } from '@mantine/core';
import type { Connector } from '@guildhall/protocol';
import { EmptyState, StateWord, useNow, type StateName } from '@guildhall/ui';
import { Server } from 'lucide-react';
import { useTimeWriter } from '../../../lib/use-time.ts';
import { useText } from '../../../words/words.ts';
import classes from '../../pages.module.css';

const NODE_STATE = {
  enrolled: 'waiting',
  connected: 'running',
  unreachable: 'unreachable',
} as const satisfies Record<Connector['nodes'][number]['state'], StateName>;

const ROUTER_STATE = {
  connected: 'running',
  draining: 'draining',
  unhealthy: 'failing',
  unreachable: 'unreachable',
} as const satisfies Record<Connector['routers'][number]['state'], StateName>;

/** What runs now: the servers of the connector and the routers on them. */
export function MonitoringTab({
  connector,
  onPair,
}: {
  readonly connector: Connector;
  readonly onPair: () => void;
}) {
  const t = useText('connector');
  const { nodes, routers } = connector;
  if (nodes.length === 0)
    return (
      <EmptyState
        icon={Server}
        title={t('emptyTitle')}
        action={<Button onClick={onPair}>{t('emptyAction')}</Button>}
      >
        {t('emptyText')}
      </EmptyState>
    );
  return (
    <div className={classes.stack}>
      <div>
        <h2 className={classes.sectionTitle}>{t('nodes')}</h2>
        <NodesTable nodes={nodes} />
      </div>
      {routers.length === 0 ? null : (
        <div>
          <h2 className={classes.sectionTitle}>{t('routersTitle')}</h2>
          <RoutersTable routers={routers} nodes={nodes} />
        </div>
      )}
    </div>
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
                <StateWord state={NODE_STATE[node.state]}>{t(`states.${node.state}`)}</StateWord>
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

function RoutersTable({ routers, nodes }: Pick<Connector, 'routers' | 'nodes'>) {
  const t = useText('connector');
  const nameOf = (nodeId: string): string => nodes.find((node) => node.nodeId === nodeId)?.name ?? nodeId;
  return (
    <div className={classes.tableCard}>
      <Table aria-label={t('routersLabel')} className={classes.table}>
        <Table.Thead>
          <Table.Tr>
            <Table.Th>{t('server')}</Table.Th>
            <Table.Th>{t('state')}</Table.Th>
            <Table.Th>{t('version')}</Table.Th>
            <Table.Th>{t('load')}</Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {routers.map((router) => (
            <Table.Tr key={router.routerId}>
              <Table.Td data-label={t('server')} className={classes.breakable}>
                {nameOf(router.nodeId)}
              </Table.Td>
              <Table.Td data-label={t('state')}>
                <StateWord state={ROUTER_STATE[router.state]}>{t(`routerStates.${router.state}`)}</StateWord>
              </Table.Td>
              <Table.Td data-label={t('version')}>{router.version}</Table.Td>
              <Table.Td data-label={t('load')} className="gh-tabular">
                {t('inMeetings', {
                  people: t('people', { count: router.participants }),
                  meetings: t('meetings', { count: router.meetings }),
                })}
              </Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </div>
  );
}
