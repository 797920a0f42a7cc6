import { defaultLimits, type Connector } from '@guildhall/protocol';
import { ErrorState, LoadingState } from '@guildhall/ui';
import { useQuery, type UseQueryResult } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { hostingQuery, versionQuery, zonesQuery } from '../../../api/connector.ts';
import { useErrorWords } from '../../../lib/errors.ts';
import classes from '../../pages.module.css';
import { DryRunCard } from './dry-run.tsx';
import { HostingCard } from './hosting.tsx';
import { TokenCard } from './token-card.tsx';
import { VersionCard } from './version.tsx';
import { ZonesCard } from './zones.tsx';

/** How the connector is set up: its token, who hosts where, its zones and versions. */
export function ConfigurationTab({ connector }: { readonly connector: Connector }) {
  const hosting = useQuery(hostingQuery);
  const zones = useQuery(zonesQuery);
  const version = useQuery(versionQuery);
  return (
    <div className={classes.stack}>
      <TokenCard hasToken={connector.hasToken} />
      <Loaded query={hosting}>{(view) => <HostingCard view={view} />}</Loaded>
      <Loaded query={zones}>
        {({ zones: list, defaultLimits: limits = defaultLimits }) => (
          <Loaded query={hosting}>{(view) => <ZonesCard zones={list} view={view} limits={limits} />}</Loaded>
        )}
      </Loaded>
      <Loaded query={hosting}>{(view) => <DryRunCard people={view.people} />}</Loaded>
      <Loaded query={version}>{(rule) => <VersionCard key={rule.minimum?.version} rule={rule} />}</Loaded>
    </div>
  );
}

/** A part of the page with its own waiting and its own failure: one that fails does not take the others along. */
function Loaded<T>({
  query,
  children,
}: {
  readonly query: UseQueryResult<T>;
  readonly children: (data: T) => ReactNode;
}) {
  const toWords = useErrorWords();
  if (query.data !== undefined) return children(query.data);
  if (query.isPending) return <LoadingState rows={2} />;
  return <ErrorState {...toWords(query.error).words} onRetry={() => void query.refetch()} />;
}
