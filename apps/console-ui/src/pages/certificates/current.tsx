import type { CertificateInfo, ConsoleCertificates } from '@guildhall/protocol';
import { StateWord, useLanguage, useNow } from '@guildhall/ui';
import { momentText } from '../../lib/format.ts';
import { useText } from '../../words/words.ts';
import classes from '../pages.module.css';

const DAY_MS = 86_400_000;
const WARN_DAYS = 30;
const TICK_MS = 60_000;

/** What the certificate says, and whether it will be good for long. */
export function CurrentCertificate({ state }: { readonly state: ConsoleCertificates }) {
  const t = useText('certificates');
  const { current } = state;
  return (
    <section className={classes.card}>
      <div className={classes.cardHead}>
        <h2>{t('current')}</h2>
        {current ? <Validity info={current} /> : <StateWord state="stopped">{t('none')}</StateWord>}
      </div>
      {current ? <Facts info={current} state={state} /> : null}
      {state.consoleUsesIt ? null : <p className={classes.soft}>{t('plainHttp')}</p>}
    </section>
  );
}

function Validity({ info }: { readonly info: CertificateInfo }) {
  const t = useText('certificates');
  const nowMs = useNow(TICK_MS);
  const days = Math.floor((info.notAfterMs - nowMs) / DAY_MS);
  if (days < 0) return <StateWord state="failing">{t('expired')}</StateWord>;
  return (
    <StateWord state={days < WARN_DAYS ? 'waiting' : 'running'}>{t('goodFor', { count: days })}</StateWord>
  );
}

function Facts(props: { readonly info: CertificateInfo; readonly state: ConsoleCertificates }) {
  const t = useText('certificates');
  const { language } = useLanguage();
  const { info, state } = props;
  const { source, renewal } = state;
  const facts = [
    [t('hosts'), info.hosts.join(', ')],
    [t('issuer'), info.selfSigned ? t('selfSigned') : info.issuer],
    [t('until'), momentText(info.notAfterMs, language)],
    [t('from'), t(`sources.${source}`)],
    ...(renewal ? [[t('renewal'), momentText(renewal.nextAtMs, language)] as const] : []),
    [t('key'), info.keyType],
    [t('fingerprint'), info.fingerprint256],
  ] as const;
  return (
    <dl className={classes.facts}>
      {facts.map(([name, value]) => (
        <div key={name} className={classes.fact}>
          <dt>{name}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}
