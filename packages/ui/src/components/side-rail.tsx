import type { ReactNode } from 'react';
import { useUiText } from '../i18n/use-ui-text.ts';
import classes from './layout.module.css';
import { RailSections, type RailSection } from './rail-sections.tsx';
import { Logo } from './wordmark.tsx';

/** Main navigation at the left, with the mark above it; on a phone a bar at the bottom. */
export function SideRail({
  sections,
  footer,
  onNavigate,
}: {
  readonly sections: readonly RailSection[];
  readonly footer?: ReactNode;
  readonly onNavigate: (href: string) => void;
}) {
  const t = useUiText();
  return (
    <div className={classes.rail}>
      <div className={classes.railInner}>
        <header className={classes.railLogo}>
          <Logo />
        </header>
        <RailSections label={t('mainNavigation')} sections={sections} onNavigate={onNavigate} />
        {footer ? <footer className={classes.railFooter}>{footer}</footer> : null}
      </div>
    </div>
  );
}
