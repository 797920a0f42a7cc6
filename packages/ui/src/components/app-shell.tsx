import type { LucideIcon } from 'lucide-react';
import type { ReactNode, Ref } from 'react';
import { useUiText } from '../i18n/use-ui-text.ts';
import classes from './layout.module.css';
import { Logo } from './wordmark.tsx';

/**
 * Rail at the left, content at most 1,120 px; below 768 px the rail is a bar at the bottom. Styles only, no
 * script, so it is right before the first paint and at every width.
 */
export function AppShell({
  rail,
  corner,
  banner,
  children,
}: {
  /** A `SideRail`. */
  readonly rail: ReactNode;
  /** Right end of the top bar on phones. */
  readonly corner?: ReactNode;
  /** A line across the page, above the content. */
  readonly banner?: ReactNode;
  readonly children: ReactNode;
}) {
  return (
    <div className={classes.shell}>
      <SkipLink />
      <header className={classes.topBar}>
        <Logo size={22} />
        {corner}
      </header>
      {rail}
      <main id="main" className={classes.main} tabIndex={-1}>
        {banner}
        <div className={classes.content}>{children}</div>
      </main>
    </div>
  );
}

/** The first stop of the keyboard on every page: past the navigation, to the element `main`. */
export function SkipLink() {
  const t = useUiText();
  return (
    <a className={classes.skip} href="#main">
      {t('skipToContent')}
    </a>
  );
}

/** Head of a card page that tells how something stands: a sign, what it is, and more of it. */
export function CardHead({
  icon: Icon,
  title,
  titleRef,
  children,
}: {
  readonly icon: LucideIcon;
  readonly title: string;
  /** Of the heading, which may then be focused. */
  readonly titleRef?: Ref<HTMLHeadingElement>;
  readonly children?: ReactNode;
}) {
  return (
    <div className={classes.cardHead}>
      <span className={classes.cardBadge} aria-hidden>
        <Icon size={26} />
      </span>
      <h1 ref={titleRef} tabIndex={titleRef ? -1 : undefined} className={classes.cardHeading}>
        {title}
      </h1>
      {children}
    </div>
  );
}

/** One centred card on paper: sign-in and other pages before the shell. */
export function CardPage({
  children,
  footer,
}: {
  readonly children: ReactNode;
  readonly footer?: ReactNode;
}) {
  return (
    <div className={classes.cardPage}>
      <main className={classes.cardMain}>
        <div className={classes.cardLogo}>
          <Logo size={30} />
        </div>
        <div className={classes.card}>{children}</div>
      </main>
      {footer ? <footer className={classes.cardFooter}>{footer}</footer> : null}
    </div>
  );
}
