import { Button } from '@mantine/core';
import type { ConnectorDownload } from '@guildhall/protocol';
import { CopyButton, EmptyState, ErrorState, LoadingState, useLanguage } from '@guildhall/ui';
import { useQuery } from '@tanstack/react-query';
import { DownloadIcon, PackageOpen } from 'lucide-react';
import { downloadsQuery } from '../../../api/connector.ts';
import { useErrorWords } from '../../../lib/errors.ts';
import { sizeText } from '../../../lib/size.ts';
import { useText } from '../../../words/words.ts';
import classes from '../../pages.module.css';

/** When the operator told no steps. */
const STEPS = ['first', 'second', 'third'] as const;

/** What can be installed on a server of the connector. */
export function DownloadTab() {
  const t = useText('downloads');
  const toWords = useErrorWords();
  const query = useQuery(downloadsQuery);
  if (query.isPending) return <LoadingState rows={2} />;
  if (!query.data) return <ErrorState {...toWords(query.error).words} onRetry={() => void query.refetch()} />;
  const { configured, downloads } = query.data;
  if (downloads.length === 0)
    return (
      <EmptyState icon={PackageOpen} title={t('emptyTitle')}>
        {t(configured ? 'emptyFolder' : 'noFolder')}
      </EmptyState>
    );
  return (
    <div className={classes.stack}>
      <p className={classes.plain}>{t('text')}</p>
      {downloads.map((one) => (
        <Offer key={one.name} offer={one} />
      ))}
    </div>
  );
}

function Offer({ offer }: { readonly offer: ConnectorDownload }) {
  const t = useText('downloads');
  const { language } = useLanguage();
  const { name, kind, version, sizeBytes, sha256, steps } = offer;
  const href = `/api/v1/connector/downloads/${encodeURIComponent(name)}`;
  const shownSteps = steps.length > 0 ? steps : STEPS.map((step) => t(`steps.${kind}.${step}`));
  return (
    <section className={classes.card} aria-labelledby={`offer-${name}`}>
      <h2 id={`offer-${name}`} className={classes.breakable}>
        {name}
      </h2>
      <dl className={classes.facts}>
        <div className={classes.fact}>
          <dt>{t('kind')}</dt>
          <dd>{t(`kinds.${kind}`)}</dd>
        </div>
        <div className={classes.fact}>
          <dt>{t('version')}</dt>
          <dd>{version ?? t('unknown')}</dd>
        </div>
        <div className={classes.fact}>
          <dt>{t('size')}</dt>
          <dd className="gh-tabular">{sizeText(sizeBytes, language)}</dd>
        </div>
        <div className={classes.fact}>
          <dt>SHA-256</dt>
          <dd>
            {sha256 === null ? (
              t('computing')
            ) : (
              <>
                <code className={classes.digest}>{sha256}</code>
                <CopyButton value={sha256} label={t('copyDigest', { name })} iconOnly />
              </>
            )}
          </dd>
        </div>
      </dl>
      <ol className={classes.steps}>
        {shownSteps.map((step) => (
          <li key={step}>{step}</li>
        ))}
      </ol>
      <div>
        <Button
          component="a"
          href={href}
          download={name}
          leftSection={<DownloadIcon size={18} aria-hidden />}
          aria-label={t('downloadOf', { name })}
        >
          {t('download')}
        </Button>
      </div>
    </section>
  );
}
