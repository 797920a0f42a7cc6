import { Button } from '@mantine/core';
import type { ConsoleStatus } from '@guildhall/protocol';
import { StateWord } from '@guildhall/ui';
import { Link } from '@tanstack/react-router';
import { useText } from '../../words/words.ts';
import classes from '../pages.module.css';

/** As text: the router knows the pages of the console from a list made when it starts. */
const CONFIGURE: string = '/configure';

type Pairing = ConsoleStatus['pairing'];

/** Which account this server belongs to, or where to join it to one. */
export function PairingCard(props: {
  readonly pairing: Pairing;
  /** Left out on Configure itself. */
  readonly withLink?: boolean;
}) {
  const { pairing, withLink } = props;
  const t = useText('pairing');
  return (
    <section className={classes.card}>
      <div className={classes.cardHead}>
        <h2>{t('title')}</h2>
        <StateWord state={pairing.paired ? 'running' : 'waiting'}>
          {pairing.paired
            ? t('paired', { account: pairing.accountName ?? pairing.accountId ?? '' })
            : t('notPaired')}
        </StateWord>
      </div>
      {pairing.paired ? <Facts pairing={pairing} /> : <p className={classes.soft}>{t('text')}</p>}
      {withLink && !pairing.paired ? (
        <div>
          <Button renderRoot={(root) => <Link to={CONFIGURE} {...root} />}>{t('toConfigure')}</Button>
        </div>
      ) : null}
    </section>
  );
}

function Facts({ pairing }: { readonly pairing: Pairing }) {
  const t = useText('pairing');
  const status = useText('status');
  const facts = [
    [t('role'), status(`roles.${pairing.role ?? 'none'}`)],
    [t('controlUrl'), pairing.controlUrl],
    [t('nodeId'), pairing.nodeId],
    [t('zoneId'), pairing.zoneId],
  ] as const;
  return (
    <dl className={classes.facts}>
      {facts.map(([name, value]) => (
        <div key={name} className={classes.fact}>
          <dt>{name}</dt>
          <dd>{value ?? '–'}</dd>
        </div>
      ))}
    </dl>
  );
}
