import { Alert } from '@mantine/core';
import type { ConsoleStatus } from '@guildhall/protocol';
import { ErrorState, LoadingState, useLanguage } from '@guildhall/ui';
import { useQuery } from '@tanstack/react-query';
import { TriangleAlert } from 'lucide-react';
import { statusQuery } from '../api/queries.ts';
import { useErrorWords } from '../lib/errors.ts';
import { momentText } from '../lib/format.ts';
import type { PageProps } from '../shell/pages.ts';
import { useText } from '../words/words.ts';
import { PairingCard } from './configure/pairing.tsx';
import { NetworkCards } from './network/network-cards.tsx';
import { ServicesCard } from './services.tsx';

/** From when on this server takes no new meetings, because the account wants a newer version. */
function Outdated({ status }: { readonly status: ConsoleStatus }) {
  const t = useText('status');
  const { language } = useLanguage();
  const { outdated, version, timeMs } = status;
  if (!outdated) return null;
  const { minimum, fromMs } = outdated;
  const isRefused = timeMs >= fromMs;
  return (
    <Alert
      color={isRefused ? 'bad' : 'amber'}
      variant="light"
      icon={<TriangleAlert size={18} aria-hidden />}
      role="alert"
    >
      {t(isRefused ? 'versionRefused' : 'versionWarned', {
        version,
        minimum,
        time: momentText(fromMs, language),
      })}
    </Alert>
  );
}

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
      <Outdated status={status} />
      <ServicesCard status={status} mayOperate={mayOperate} />
      <NetworkCards />
      {status.pairing.paired ? pairing : null}
    </>
  );
}
