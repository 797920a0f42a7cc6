import type { Connector } from '@guildhall/protocol';
import { StateWord } from '@guildhall/ui';
import { useText } from '../../words/words.ts';
import classes from '../pages.module.css';

/** The connector in one line: its mode, its servers, and who is in meetings on them. */
export function StateLine({ connector }: { readonly connector: Connector }) {
  const t = useText('connector');
  const { nodes, routers } = connector;
  const controllers = nodes.filter((node) => node.role === 'controller').length;
  const sum = (of: 'meetings' | 'participants'): number => nodes.reduce((total, node) => total + node[of], 0);
  const away = nodes.filter((node) => node.state !== 'connected').length;
  const facts = [
    t(`mode.${connector.mode}`),
    t('controllers', { count: controllers }),
    t('routers', { count: routers.length }),
    t('inMeetings', {
      people: t('people', { count: sum('participants') }),
      meetings: t('meetings', { count: connector.meetings ?? sum('meetings') }),
    }),
  ];
  return (
    <section className={classes.card} data-line aria-label={t('stateLabel')}>
      <p className={classes.stateLine}>{facts.join(' · ')}</p>
      {nodes.length === 0 ? null : (
        <StateWord state={away === 0 ? 'running' : 'unreachable'}>
          {away === 0 ? t('allWell') : t('away', { count: away })}
        </StateWord>
      )}
    </section>
  );
}
