import type { Connector } from '@guildhall/protocol';
import classes from '../../pages.module.css';
import { TokenCard } from './token-card.tsx';

/** How the connector is set up: its token, and who hosts where. */
export function ConfigurationTab({ connector }: { readonly connector: Connector }) {
  return (
    <div className={classes.stack}>
      <TokenCard hasToken={connector.hasToken} />
    </div>
  );
}
