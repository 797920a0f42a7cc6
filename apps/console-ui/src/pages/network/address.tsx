import { Alert } from '@mantine/core';
import { ErrorState, LoadingState, PageHeader } from '@guildhall/ui';
import { useQuery } from '@tanstack/react-query';
import { Info } from 'lucide-react';
import { networkQuery, networkSettingsQuery } from '../../api/network.ts';
import { useErrorWords } from '../../lib/errors.ts';
import type { PageProps } from '../../shell/pages.ts';
import { useText } from '../../words/words.ts';
import { AddressForm } from './address-form.tsx';
import { PendingBanner } from './pending-banner.tsx';

/** Network → Address: how this server is reached. */
export function AddressPage({ me }: PageProps) {
  const t = useText('network');
  const toWords = useErrorWords();
  const query = useQuery(networkSettingsQuery);
  const { data: status } = useQuery(networkQuery);
  if (query.isPending) return <LoadingState rows={4} rowHeight={120} />;
  if (!query.data) return <ErrorState {...toWords(query.error).words} onRetry={() => void query.refetch()} />;
  const view = query.data;
  const name = status?.interfaceName ?? 'eth0';
  const subtitle = name === 'eth0' ? t('subtitle') : `${t('subtitle')} ${t('named', { name })}`;
  const mayOperate = me.authority === 'operate';
  return (
    <>
      <PageHeader title={t('title')} subtitle={subtitle} />
      {view.pending ? (
        <PendingBanner
          key={view.pending.id}
          id={view.pending.id}
          leftMs={view.pending.deadlineMs - view.timeMs}
          seenAtMs={query.dataUpdatedAt}
          mayOperate={mayOperate}
          onOver={() => void query.refetch()}
        />
      ) : null}
      {view.obstacle ? (
        <Alert color="brand" variant="light" icon={<Info size={18} aria-hidden />}>
          {t(`obstacle.${view.obstacle}`)}
        </Alert>
      ) : null}
      {/* Another state on the server: the fields begin anew with it. */}
      <AddressForm key={view.rev} view={view} mayOperate={mayOperate} />
    </>
  );
}
