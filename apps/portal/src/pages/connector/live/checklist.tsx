import type { ChecklistItem } from '@guildhall/protocol';
import { StateWord, type StateName } from '@guildhall/ui';
import { useText } from '../../../words/words.ts';
import classes from '../../pages.module.css';

const STATE = { ok: 'running', warning: 'waiting', missing: 'failing' } as const satisfies Record<
  ChecklistItem['state'],
  StateName
>;

/** What production mode needs, each with what was found and what to do. */
export function Checklist({ items }: { readonly items: readonly ChecklistItem[] }) {
  const t = useText('live');
  return (
    <section className={classes.card}>
      <h2>{t('checklist')}</h2>
      <p className={classes.soft}>{t('checklistText')}</p>
      <ul className={classes.list}>
        {items.map(({ item, state, subjects }) => (
          <li key={item} className={classes.check}>
            <span className={classes.strong}>{t(`items.${item}.name`)}</span>
            <StateWord state={STATE[state]}>{t(`itemStates.${state}`)}</StateWord>
            {state === 'ok' ? null : <p className={classes.checkWords}>{t(`items.${item}.remedy`)}</p>}
            {subjects.length === 0 ? null : <p className={classes.checkWords}>{subjects.join(', ')}</p>}
          </li>
        ))}
      </ul>
    </section>
  );
}
