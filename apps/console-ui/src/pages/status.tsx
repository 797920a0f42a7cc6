import { Alert, Button, Stack } from '@mantine/core';
import type { ConsoleStatus } from '@guildhall/protocol';
import { ErrorState, LoadingState, useLanguage } from '@guildhall/ui';
import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { TriangleAlert } from 'lucide-react';
import { statusQuery } from '../api/queries.ts';
import { useErrorWords } from '../lib/errors.ts';
import { momentText } from '../lib/format.ts';
import type { PageProps } from '../shell/pages.ts';
import { useText } from '../words/words.ts';
import { PairingCard } from './configure/pairing.tsx';
import { NetworkCards } from './network/network-cards.tsx';
import { ServicesCard } from './services.tsx';

/** Typed loosely, as the routes are made from the list of pages. */
const CONFIGURE: string = '/configure';

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

/** The router of this server is of another zone than the controllers it was told of, which let it in no more. */
function OtherZone({ status, mayOperate }: { readonly status: ConsoleStatus; readonly mayOperate: boolean }) {
  const t = useText('status');
  if (status.otherZone !== true) return null;
  return (
    <Alert color="bad" variant="light" icon={<TriangleAlert size={18} aria-hidden />} role="alert">
      <Stack gap="xs" align="start">
        {t('otherZone')}
        {mayOperate ? (
          <Button size="xs" renderRoot={(root) => <Link to={CONFIGURE} {...root} />}>
            {t('otherZoneAction')}
          </Button>
        ) : null}
      </Stack>
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
      <OtherZone status={status} mayOperate={mayOperate} />
      <Outdated status={status} />
      <ServicesCard status={status} mayOperate={mayOperate} />
      <NetworkCards />
      {status.pairing.paired ? pairing : null}
    </>
  );
}
