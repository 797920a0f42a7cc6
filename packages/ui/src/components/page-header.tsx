import type { ReactNode } from 'react';
import classes from './layout.module.css';

/** The top of a page: its one h1, a line of state or purpose, and its acts at the right. */
export function PageHeader({
  title,
  subtitle,
  back,
  actions,
}: {
  readonly title: string;
  readonly subtitle?: ReactNode;
  /** A link to the page above. */
  readonly back?: ReactNode;
  readonly actions?: ReactNode;
}) {
  return (
    <header className={classes.pageHeader}>
      <div className={classes.pageTitle}>
        {back}
        <h1>{title}</h1>
        {subtitle ? <div className={classes.subtitle}>{subtitle}</div> : null}
      </div>
      {actions ? <div className={classes.actions}>{actions}</div> : null}
    </header>
  );
}
