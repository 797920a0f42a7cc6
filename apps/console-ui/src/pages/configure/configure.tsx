import { ErrorState, LoadingState, PageHeader } from '@guildhall/ui';
import { useQuery } from '@tanstack/react-query';
import { configureQuery } from '../../api/network.ts';
import { useErrorWords } from '../../lib/errors.ts';
import type { PageProps } from '../../shell/pages.ts';
import { useText } from '../../words/words.ts';
import page from '../pages.module.css';
import { ConfigureForm } from './configure-form.tsx';
import { PairingCard } from './pairing.tsx';

/** Configure: the account, the role, and the addresses of the zone. */
export function ConfigurePage({ me }: PageProps) {
  const t = useText('configure');
  const toWords = useErrorWords();
  const query = useQuery(configureQuery);
  if (query.isPending) return <LoadingState rows={3} rowHeight={120} />;
  if (!query.data) return <ErrorState {...toWords(query.error).words} onRetry={() => void query.refetch()} />;
  const view = query.data;
  const { paired } = view.pairing;
  return (
    <>
      <PageHeader title={t('title')} subtitle={t('subtitle')} />
      <PairingCard pairing={view.pairing} />
      {me.authority === 'operate' ? (
        <section className={page.card}>
          <h2>{t(paired ? 'againTitle' : 'formTitle')}</h2>
          {paired ? <p className={page.soft}>{t('againText')}</p> : null}
          <ConfigureForm key={String(paired)} view={view} />
        </section>
      ) : null}
    </>
  );
}
