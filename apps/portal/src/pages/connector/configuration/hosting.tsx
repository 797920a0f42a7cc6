import { SegmentedControl, Switch } from '@mantine/core';
import { HostingPlace, type HostingView } from '@guildhall/protocol';
import { useHostingChange } from '../../../api/connector.ts';
import { useText } from '../../../words/words.ts';
import classes from '../../pages.module.css';
import { useAttempt } from '../use-attempt.ts';
import { Groups } from './groups.tsx';
import { HostedPeople } from './people.tsx';

/** Where whose meetings are hosted: the account, its groups, its people. */
export function HostingCard({ view }: { readonly view: HostingView }) {
  const t = useText('hosting');
  const change = useHostingChange();
  const attempt = useAttempt();
  const { account } = view;
  const set = (next: Partial<HostingView['account']>): void =>
    void attempt(() =>
      change.mutateAsync({ method: 'PUT', path: '/hosting', body: { ...account, ...next } }),
    );
  return (
    <section className={classes.card}>
      <h2>{t('title')}</h2>
      <p className={classes.soft}>{t('text')}</p>
      <div className={classes.preference}>
        <span id="account-hosting">{t('account')}</span>
        <SegmentedControl
          aria-labelledby="account-hosting"
          data={HostingPlace.options.map((place) => ({ value: place, label: t(`places.${place}`) }))}
          value={account.place}
          disabled={change.isPending}
          onChange={(place) => set({ place: HostingPlace.parse(place) })}
        />
      </div>
      <Switch
        label={t('lockAccount')}
        description={t('lockAccountHint')}
        checked={account.locked}
        disabled={change.isPending}
        onChange={(event) => set({ locked: event.currentTarget.checked })}
      />
      <Groups view={view} />
      <HostedPeople view={view} />
    </section>
  );
}
