import { ActionIcon } from '@mantine/core';
import { X } from 'lucide-react';
import { useEffect, useRef, type ReactNode } from 'react';
import { useMeetingContext } from '../meeting/context.ts';
import { useWords } from '../words/words.ts';
import classes from './panels.module.css';

/** What lies above a panel and has an Escape of its own. */
const overlays = '[role="dialog"], [role="menu"], [role="listbox"]';

/** A side panel; on phones a full sheet. Escape closes it, and the focus goes back to where it came from. */
export const Panel = ({
  title,
  footer,
  children,
}: {
  readonly title: string;
  readonly footer?: ReactNode;
  readonly children: ReactNode;
}) => {
  const t = useWords();
  const { setPanel } = useMeetingContext();
  const element = useRef<HTMLElement>(null);
  useEffect(() => {
    const before = document.activeElement;
    const panel = element.current;
    // As a sheet it covers what had the focus; beside the stage the focus stays where the person is.
    if (panel && panel.clientWidth >= window.innerWidth && !panel.contains(before)) panel.focus();
    const close = (event: KeyboardEvent): void => {
      const isOfOverlay = event.target instanceof Element && event.target.closest(overlays) !== null;
      if (event.key === 'Escape' && !isOfOverlay && !event.defaultPrevented) setPanel(null);
    };
    window.addEventListener('keydown', close);
    return () => {
      window.removeEventListener('keydown', close);
      if (before instanceof HTMLElement && before.isConnected) before.focus({ preventScroll: true });
    };
  }, [setPanel]);
  return (
    <aside ref={element} tabIndex={-1} className={classes.panel} aria-label={title}>
      <div className={classes.head}>
        <h2>{title}</h2>
        <ActionIcon
          variant="subtle"
          color="gray"
          size={36}
          aria-label={t('close')}
          onClick={() => setPanel(null)}
        >
          <X size={18} aria-hidden />
        </ActionIcon>
      </div>
      <div className={classes.body}>{children}</div>
      {footer ? <div className={classes.foot}>{footer}</div> : null}
    </aside>
  );
};
