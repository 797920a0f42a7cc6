import { Button, Tabs } from '@mantine/core';
import type { Connector } from '@guildhall/protocol';
import { EmptyState, ErrorState, LoadingState, PageHeader, showToast } from '@guildhall/ui';
import { useQuery } from '@tanstack/react-query';
import { Activity, DownloadIcon, Radio, ServerOff, SlidersHorizontal } from 'lucide-react';
import { connectorQuery, useEnableConnector } from '../../api/queries.ts';
import { useErrorWords } from '../../lib/errors.ts';
import { usePageTitle } from '../../lib/use-page-title.ts';
import { useText } from '../../words/words.ts';
import classes from '../pages.module.css';
import { ConfigurationTab } from './configuration/configuration.tsx';
import { DownloadTab } from './download/download.tsx';
import { LiveTab } from './live/live.tsx';
import { MonitoringTab } from './monitoring/monitoring.tsx';
import { StateLine } from './state-line.tsx';
import { connectorTabs, isConnectorTab, type ConnectorTab } from './tabs.ts';

const ICONS = {
  download: DownloadIcon,
  configuration: SlidersHorizontal,
  monitoring: Activity,
  live: Radio,
} as const satisfies Record<ConnectorTab, unknown>;

interface TabProps {
  /** Undefined at the plain address: the tab that has something to say is shown. */
  readonly tab: ConnectorTab | undefined;
  readonly onTab: (tab: ConnectorTab) => void;
}

/** Advanced → Meeting Connector: everything an administrator does with the account's connector from here. */
export function ConnectorPage({ tab, onTab }: TabProps) {
  const t = useText('connector');
  const toWords = useErrorWords();
  const query = useQuery(connectorQuery);
  usePageTitle(t('title'));
  return (
    <>
      <PageHeader title={t('title')} subtitle={t('subtitle')} />
      {query.isPending ? <LoadingState rows={3} /> : null}
      {query.isError ? (
        <ErrorState {...toWords(query.error).words} onRetry={() => void query.refetch()} />
      ) : null}
      {query.data?.enabled === false ? (
        <EmptyState icon={ServerOff} title={t('disabledTitle')} action={<Enable onDone={onTab} />}>
          {t('disabledText')}
        </EmptyState>
      ) : null}
      {query.data?.enabled ? <Enabled connector={query.data} tab={tab} onTab={onTab} /> : null}
    </>
  );
}

function Enabled({ connector, tab, onTab }: TabProps & { readonly connector: Connector }) {
  const t = useText('connector');
  const shown = tab ?? (connector.nodes.length === 0 ? 'configuration' : 'monitoring');
  return (
    <div className={classes.stack}>
      <StateLine connector={connector} />
      <Tabs
        value={shown}
        onChange={(next) => {
          if (isConnectorTab(next)) onTab(next);
        }}
        keepMounted={false}
      >
        <Tabs.List mb="lg" className={classes.tabList}>
          {connectorTabs.map((name) => {
            const Icon = ICONS[name];
            return (
              <Tabs.Tab key={name} value={name} leftSection={<Icon size={18} aria-hidden />}>
                {t(`tabs.${name}`)}
              </Tabs.Tab>
            );
          })}
        </Tabs.List>
        <Tabs.Panel value="download">
          <DownloadTab />
        </Tabs.Panel>
        <Tabs.Panel value="configuration">
          <ConfigurationTab connector={connector} />
        </Tabs.Panel>
        <Tabs.Panel value="monitoring">
          <MonitoringTab connector={connector} onPair={() => onTab('configuration')} />
        </Tabs.Panel>
        <Tabs.Panel value="live">
          <LiveTab connector={connector} />
        </Tabs.Panel>
      </Tabs>
    </div>
  );
}

function Enable({ onDone }: { readonly onDone: (tab: ConnectorTab) => void }) {
  const t = useText('connector');
  const toWords = useErrorWords();
  const enable = useEnableConnector();
  const press = async (): Promise<void> => {
    try {
      await enable.mutateAsync();
      onDone('configuration');
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
