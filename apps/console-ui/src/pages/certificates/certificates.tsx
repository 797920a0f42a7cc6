import { Alert, SegmentedControl } from '@mantine/core';
import type { ConsoleCertificates } from '@guildhall/protocol';
import { ErrorState, LoadingState, PageHeader, useLanguage } from '@guildhall/ui';
import { useQuery } from '@tanstack/react-query';
import { CircleAlert, RotateCw } from 'lucide-react';
import { useState } from 'react';
import { certificatesQuery } from '../../api/certificates.ts';
import { useErrorWords } from '../../lib/errors.ts';
import { momentText } from '../../lib/format.ts';
import type { PageProps } from '../../shell/pages.ts';
import { useText } from '../../words/words.ts';
import classes from '../pages.module.css';
import { AccountWay } from './account.tsx';
import { CurrentCertificate } from './current.tsx';
import { OrderWay } from './order.tsx';
import { RequestWay } from './request.tsx';
import { UploadWay } from './upload.tsx';

const ways = ['upload', 'request', 'account', 'order'] as const;
type Way = (typeof ways)[number];

/** The certificate browsers see on this server, and four ways to a new one. */
export function CertificatesPage({ me }: PageProps) {
  const t = useText('certificates');
  const toWords = useErrorWords();
  const query = useQuery(certificatesQuery);
  return (
    <>
      <PageHeader title={t('title')} subtitle={t('subtitle')} />
      {query.isPending ? <LoadingState rows={2} rowHeight={140} /> : null}
      {query.isError && !query.data ? (
        <ErrorState {...toWords(query.error).words} onRetry={() => void query.refetch()} />
      ) : null}
      {query.data ? (
        <>
          <CurrentCertificate state={query.data} />
          <Notices state={query.data} />
          {me.authority === 'operate' ? <NewCertificate state={query.data} /> : null}
        </>
      ) : null}
    </>
  );
}

function Notices({ state }: { readonly state: ConsoleCertificates }) {
  const t = useText('certificates');
  const { language } = useLanguage();
  const { restartNeeded, renewal } = state;
  return (
    <>
      {restartNeeded.length > 0 ? (
        <Alert color="amber" variant="light" icon={<RotateCw size={18} aria-hidden />}>
          {t('restartNeeded', { services: restartNeeded.join(', ') })}
        </Alert>
      ) : null}
      {renewal && renewal.failures > 0 ? (
        <Alert color="amber" variant="light" icon={<CircleAlert size={18} aria-hidden />} role="alert">
          {t('renewalFailed', {
            count: renewal.failures,
            time: momentText(renewal.nextAtMs, language),
          })}{' '}
          {renewal.reason}
        </Alert>
      ) : null}
    </>
  );
}

function NewCertificate({ state }: { readonly state: ConsoleCertificates }) {
  const t = useText('certificates');
  const [way, setWay] = useState<Way>(state.request ? 'request' : 'upload');
  return (
    <section className={classes.card}>
      <h2>{t('new')}</h2>
      <SegmentedControl
        aria-label={t('new')}
        value={way}
        onChange={(value) => setWay(ways.find((one) => one === value) ?? 'upload')}
        data={ways.map((value) => ({ value, label: t(`ways.${value}`) }))}
      />
      <p className={classes.soft}>{t(`wayHint.${way}`)}</p>
      {way === 'upload' ? <UploadWay /> : null}
      {way === 'request' ? <RequestWay request={state.request} /> : null}
      {way === 'account' ? <AccountWay available={state.accountAvailable} /> : null}
      {way === 'order' ? <OrderWay order={state.order} /> : null}
    </section>
  );
}
