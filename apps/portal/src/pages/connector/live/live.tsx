import type { Connector } from '@guildhall/protocol';
import { useText } from '../../../words/words.ts';
import classes from '../../pages.module.css';
import { ModeSwitch } from './mode-switch.tsx';

/** Test or production mode. */
export function LiveTab({ connector }: { readonly connector: Connector }) {
  const t = useText('connector');
  return (
    <section className={classes.card}>
      <h2>{t(`mode.${connector.mode}`)}</h2>
      <p className={classes.soft}>{t(connector.mode === 'test' ? 'testNote' : 'productionNote')}</p>
      <div>
        <ModeSwitch mode={connector.mode} />
      </div>
    </section>
  );
}
