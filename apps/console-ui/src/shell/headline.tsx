import type { ConsoleStatus } from '@guildhall/protocol';
import { StateWord, type StateName } from '@guildhall/ui';
import { useText } from '../words/words.ts';
import classes from '../pages/pages.module.css';
import { useLoadText } from '../pages/use-load-text.ts';

const CLOUD = {
  connected: 'running',
  connecting: 'waiting',
  'not-paired': 'stopped',
  unknown: 'unknown',
} as const satisfies Record<ConsoleStatus['cloud']['state'], StateName>;

/** Host, version, role, and the sentence that says whether all is well. */
export function Headline({ status }: { readonly status: ConsoleStatus }) {
  const t = useText('status');
  const load = useLoadText(status);
  return (
    <section className={classes.headline} aria-label={t('server')}>
      <div>
        <p className={classes.host}>{status.hostName}</p>
        <p className={classes.soft}>
          {t(`roles.${status.role ?? 'none'}`)} · {t('version', { version: status.version })}
        </p>
      </div>
      <ul className={classes.sentence}>
        {status.services.map((service) => (
          <li key={service.name}>
            <StateWord state={service.state}>
              {t(`services.${service.state}`, { name: service.name })}
            </StateWord>
          </li>
        ))}
        <li>
          <StateWord state={CLOUD[status.cloud.state]}>{t(`cloud.${status.cloud.state}`)}</StateWord>
        </li>
      </ul>
      <p className={classes.soft}>{status.meetings === 0 ? t('idle') : t('loadHere', { load })}</p>
    </section>
  );
}
