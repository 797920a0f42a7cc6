import { ErrorState, LoadingState } from '@guildhall/ui';
import { useQuery } from '@tanstack/react-query';
import { statusQuery } from '../api/queries.ts';
import { useErrorWords } from '../lib/errors.ts';
import type { PageProps } from '../shell/pages.ts';
import { useText } from '../words/words.ts';
import { PairingCard } from './configure/pairing.tsx';
import { NetworkCards } from './network/network-cards.tsx';
import { ServicesCard } from './services.tsx';

/** Network → Status: the services of this server, its addresses, and the account it belongs to. */
export function StatusPage({ me }: PageProps) {
  const t = useText('status');
  const toWords = useErrorWords();
  const query = useQuery(statusQuery);
  if (query.isPending) return <LoadingState rows={3} rowHeight={120} />;
  if (!query.data) return <ErrorState {...toWords(query.error).words} onRetry={() => void query.refetch()} />;
  const status = query.data;
  const mayOperate = me.authority === 'operate';
  const pairing = <PairingCard pairing={status.pairing} withLink />;
  return (
    <>
      <h1 className="gh-visually-hidden">{t('title')}</h1>
      {/* What has to be done first stands first. */}
      {status.pairing.paired ? null : pairing}
      <ServicesCard status={status} mayOperate={mayOperate} />
      <NetworkCards />
      {status.pairing.paired ? pairing : null}
    </>
  );
}
