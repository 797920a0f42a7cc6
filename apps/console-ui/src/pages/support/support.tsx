import { Button } from '@mantine/core';
import { PageHeader } from '@guildhall/ui';
import { Download } from 'lucide-react';
import type { PageProps } from '../../shell/pages.ts';
import { useText } from '../../words/words.ts';
import classes from '../pages.module.css';

const parts = ['status', 'config', 'logs', 'selfTest', 'machine'] as const;

/** One file for those who help: what is in it, what is not, and the download. */
export function SupportPage({ me }: PageProps) {
  const t = useText('support');
  return (
    <>
      <PageHeader title={t('title')} subtitle={t('subtitle')} />
      <section className={classes.card}>
        <h2>{t('inside')}</h2>
        <dl className={classes.facts}>
          {parts.map((part) => (
            <div key={part} className={classes.fact}>
              <dt>{t(`parts.${part}`)}</dt>
              <dd>{t(`partText.${part}`)}</dd>
            </div>
          ))}
        </dl>
        <p className={classes.soft}>{t('notInside')}</p>
        {me.authority === 'operate' ? (
          <div>
            <Button
              component="a"
              href="/api/v1/support-bundle"
              download
              leftSection={<Download size={16} aria-hidden />}
            >
              {t('download')}
            </Button>
          </div>
        ) : (
          <p className={classes.soft}>{t('operateOnly')}</p>
        )}
      </section>
    </>
  );
}
