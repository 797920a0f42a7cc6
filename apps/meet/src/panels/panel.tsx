import { ActionIcon } from '@mantine/core';
import { X } from 'lucide-react';
import { useEffect, useRef, type ReactNode } from 'react';
import { useMeetingContext } from '../meeting/context.ts';
import { useWords } from '../words/words.ts';
import classes from './panels.module.css';

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
    const close = (event: KeyboardEvent): void => {
      const isOurs = event.target instanceof Node && element.current?.contains(event.target);
      if (event.key === 'Escape' && isOurs && !event.defaultPrevented) setPanel(null);
    };
    window.addEventListener('keydown', close);
    return () => {
      window.removeEventListener('keydown', close);
      if (before instanceof HTMLElement && before.isConnected) before.focus({ preventScroll: true });
    };
  }, [setPanel]);
  return (
    <aside ref={element} className={classes.panel} aria-label={title}>
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
