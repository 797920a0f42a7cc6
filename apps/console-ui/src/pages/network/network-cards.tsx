import { Button, Table } from '@mantine/core';
import type { NetworkStatus } from '@guildhall/protocol';
import { ErrorState, LoadingState, StateWord } from '@guildhall/ui';
import { useQuery } from '@tanstack/react-query';
import { RefreshCw } from 'lucide-react';
import { networkQuery } from '../../api/network.ts';
import { useErrorWords } from '../../lib/errors.ts';
import { useText } from '../../words/words.ts';
import page from '../pages.module.css';
import classes from './network.module.css';

/** Interfaces, addresses, routes and DNS, as this machine has them now. */
export function NetworkCards() {
  const toWords = useErrorWords();
  const query = useQuery(networkQuery);
  if (query.isPending) return <LoadingState rows={2} rowHeight={120} />;
  if (!query.data) return <ErrorState {...toWords(query.error).words} onRetry={() => void query.refetch()} />;
  return (
    <>
      <Interfaces network={query.data} busy={query.isFetching} onAgain={() => void query.refetch()} />
      <Ways network={query.data} />
    </>
  );
}

const LOOK = { up: 'running', down: 'stopped', unknown: 'unknown' } as const;

function Interfaces(props: {
  readonly network: NetworkStatus;
  readonly busy: boolean;
  readonly onAgain: () => void;
}) {
  const { network, busy, onAgain } = props;
  const t = useText('network');
  return (
    <section className={page.card}>
      <div className={page.cardHead}>
        <h2>{t('interfaces')}</h2>
        <Button
          variant="default"
          size="xs"
          leftSection={<RefreshCw size={14} aria-hidden />}
          loading={busy}
          onClick={onAgain}
        >
          {t('again')}
        </Button>
      </div>
      <Table aria-label={t('interfacesLabel')} className={page.table}>
        <Table.Thead>
          <Table.Tr>
            <Table.Th>{t('interface')}</Table.Th>
            <Table.Th>{t('state')}</Table.Th>
            <Table.Th>{t('addresses')}</Table.Th>
            <Table.Th>{t('mac')}</Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {network.interfaces.map((one) => {
            const state = one.state === 'up' || one.state === 'down' ? one.state : 'unknown';
            return (
              <Table.Tr key={one.name}>
                <Table.Td data-label={t('interface')} className={classes.mono}>
                  {one.name}
                </Table.Td>
                <Table.Td data-label={t('state')}>
                  <StateWord state={LOOK[state]}>{t(`states.${state}`)}</StateWord>
                </Table.Td>
                <Table.Td data-label={t('addresses')} className={classes.mono}>
                  <div>
                    {one.addresses.length === 0 ? t('noAddress') : null}
                    {one.addresses.map(({ address, prefixLength, label }) => (
                      <div key={`${address} ${label}`}>
                        {address}/{prefixLength}
                        {label === one.name ? null : ` (${label})`}
                      </div>
                    ))}
                  </div>
                </Table.Td>
                <Table.Td data-label={t('mac')} className={classes.mono}>
                  {one.mac === '' ? '–' : one.mac}
                </Table.Td>
              </Table.Tr>
            );
          })}
        </Table.Tbody>
      </Table>
    </section>
  );
}

function Ways({ network }: { readonly network: NetworkStatus }) {
  const t = useText('network');
  return (
    <section className={page.card}>
      <h2>{t('routes')}</h2>
      {network.routes.length === 0 ? (
        <div>{t('noRoutes')}</div>
      ) : (
        <Table aria-label={t('routesLabel')} className={page.table}>
          <Table.Thead>
            <Table.Tr>
              <Table.Th>{t('to')}</Table.Th>
              <Table.Th>{t('via')}</Table.Th>
              <Table.Th>{t('interface')}</Table.Th>
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {network.routes.map((route) => (
              <Table.Tr key={`${route.to} ${route.via ?? ''} ${route.interface}`}>
                <Table.Td data-label={t('to')} className={classes.mono}>
                  {route.to === 'default' ? t('default') : route.to}
                </Table.Td>
                <Table.Td data-label={t('via')} className={classes.mono}>
                  {route.via ?? t('direct')}
                </Table.Td>
                <Table.Td data-label={t('interface')} className={classes.mono}>
                  {route.interface}
                </Table.Td>
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
      )}
      <dl className={page.facts}>
        <div className={page.fact}>
          <dt>{t('dns')}</dt>
          <dd className={classes.mono}>{network.dns.length === 0 ? t('noDns') : network.dns.join(', ')}</dd>
        </div>
        <div className={page.fact}>
          <dt>{t('hostName')}</dt>
          <dd className={classes.mono}>{network.hostName}</dd>
        </div>
      </dl>
    </section>
  );
}
